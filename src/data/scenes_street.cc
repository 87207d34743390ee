#include "data/scenes_street.h"

namespace fcn::scenes {
namespace {

constexpr float kVeryFar = 1e6f;

Block BuildBlock(Dice& dice, float near_z, float far_z) {
  Block block{};
  block.near_z = near_z;
  block.far_z = far_z;
  block.hedge = dice.Chance(0.22f);
  block.height = block.hedge ? dice.Uniform(2.2f, 5.5f) : dice.Uniform(5, 19);
  block.bricks = dice.Chance(0.4f);
  block.wall = block.hedge ? FoliagePaint(dice) : block.bricks ? BrickPaint(dice) : AnyPaint(dice);
  block.trim = dice.Chance(0.5f) ? GreyPaint(dice) * 1.2f : block.wall * 0.6f;
  block.floor_height = dice.Uniform(2.8f, 3.6f);
  block.bay_width = dice.Uniform(1.8f, 3.6f);
  block.window_width = dice.Uniform(0.35f, 0.75f);
  block.window_height = dice.Uniform(0.4f, 0.7f);
  block.glass = dice.Uniform(0, 1);
  block.seed = static_cast<uint32_t>(dice.Bits());
  return block;
}

std::vector<Block> BuildRow(Dice& dice) {
  std::vector<Block> row;
  for (float z = dice.Uniform(-6, 0); z < 90;) {
    const float length = dice.Uniform(7, 22);
    row.push_back(BuildBlock(dice, z, z + length));
    z += length + (dice.Chance(0.3f) ? dice.Uniform(1.5f, 6) : 0);
  }
  return row;
}

/// How much of a detail of some size is left where a pixel covers `footprint` metres.
float Visible(float size, float footprint) { return Clamp01(size / footprint * 0.7f - 0.4f); }

struct Look {
  Rgb colour;
  Class label = Class::kSky;
  float depth = 0;
};

class StreetPainter {
 public:
  StreetPainter(const Street& street, const Camera& camera, const Weather& weather, uint32_t cloud_seed)
      : street_(street), camera_(camera), weather_(weather), cloud_seed_(cloud_seed), top_(camera.horizon_y) {}

  /// What a ray sees that goes `right` and `down` for each metre ahead.
  Look See(float right, float down) const {
    const float ground_z = down > 0 ? camera_.height / down : kVeryFar;
    Look look;
    if (right != 0) {
      const bool is_left = right < 0;
      const float wall_x = is_left ? street_.left_wall : street_.right_wall;
      const float wall_z = wall_x / right;
      for (const Block& block : is_left ? street_.left : street_.right) {
        const float z = std::max(wall_z, block.near_z);
        if (z >= block.far_z) continue;
        if (z >= ground_z) break;
        const bool side = wall_z < block.near_z;  // beyond a gap or a lower roof
        if (SeeBlock(block, side ? right * z : z, camera_.height - down * z, z, side, is_left, look)) return look;
      }
    }
    const Block& end = street_.end;
    if (!street_.open_end && end.near_z < ground_z &&
        SeeBlock(end, right * end.near_z, camera_.height - down * end.near_z, end.near_z, true, true, look))
      return look;
    return ground_z < 300 ? SeeGround(right * ground_z, ground_z) : SeeSky(right, down);
  }

 private:
  bool SeeBlock(const Block& block, float along, float y, float z, bool side, bool is_left, Look& look) const {
    const float footprint = z / camera_.focal;
    float light = side ? 0.85f : 1 + 0.3f * (is_left ? weather_.sun : -weather_.sun);
    Rgb colour = block.wall;
    if (block.hedge) {
      const float edge = RoughNoise(block.seed, along * 0.9f, 7);
      if (y > block.height * (0.7f + 0.5f * edge)) return false;
      const float leaves = RoughNoise(block.seed + 9, along * 3, y * 3);
      light *= 0.55f + 0.9f * leaves * (0.6f + 0.4f * Clamp01(y / block.height));
      look = {weather_.Hazed(colour * light, z), Class::kTree, z};
      return true;
    }
    if (y > block.height) return false;
    light *= 0.86f + 0.28f * RoughNoise(block.seed, along * 0.7f, y * 0.7f);
    const float bay = along / block.bay_width, floor = y / block.floor_height;
    const float in_bay = std::abs(Fraction(bay) - 0.5f) * 2, in_floor = std::abs(Fraction(floor) - 0.55f) * 2;
    const bool ground_floor = floor < 1;
    const float wide = ground_floor ? 0.82f : block.window_width, tall = ground_floor ? 0.75f : block.window_height;
    if (y > block.height - 0.5f || (ground_floor && floor > 0.92f)) {
      colour = block.trim;
    } else if (in_bay < wide && in_floor < tall && y < block.height - 1.2f) {
      colour = Glass(block, bay, floor);
      if (in_bay > wide - 0.1f || in_floor > tall - 0.08f) colour = block.trim;
    } else if (block.bricks) {
      const float course = y / 0.16f, brick = along / 0.42f + 0.5f * static_cast<float>(Floor(course));
      const float seen = Visible(0.16f, footprint);
      if (Fraction(course) < 0.16f || Fraction(brick) < 0.07f) light *= 1 + 0.35f * seen;
      light *= 1 + 0.25f * seen * (GridNoise(block.seed, Floor(brick), Floor(course)) - 0.5f);
    }
    look = {weather_.Hazed(colour * light, z), Class::kBuilding, z};
    return true;
  }

  /// Each pane has a depth of its own between a dark room, a curtain and a mirror of the sky.
  Rgb Glass(const Block& block, float bay, float floor) const {
    const float pane = GridNoise(block.seed + 3, Floor(bay), Floor(floor));
    const Rgb sky = Mix(weather_.sky_low, weather_.sky_high, Fraction(floor));
    const Rgb room = pane > 0.8f ? Rgb{0.75f, 0.68f, 0.5f} : Rgb{0.12f, 0.13f, 0.16f};
    return Mix(room, sky, Clamp01(block.glass + 0.5f * (pane - 0.5f)));
  }

  /// The light that the blocks' shadows leave at a place on the ground.
  float Shadow(float x, float z) const {
    const bool from_left = weather_.sun < 0;
    for (const Block& block : from_left ? street_.left : street_.right) {
      if (z < block.near_z || z > block.far_z) continue;
      const float reach = block.height * std::abs(weather_.sun) * 0.9f;
      const float away = from_left ? x - street_.left_wall : street_.right_wall - x;
      return away < reach ? weather_.shadow : 1;
    }
    return 1;
  }

  Look SeeGround(float x, float z) const {
    const float footprint = z / camera_.focal;
    const bool is_road = x > street_.left_kerb && x < street_.right_kerb;
    float light = Shadow(x, z) * (0.85f + 0.3f * RoughNoise(street_.seed + (is_road ? 0 : 5), x * 0.5f, z * 0.3f));
    const float grain = Visible(0.05f, footprint);
    if (grain > 0) light *= 1 + grain * street_.road_roughness * (Noise(street_.seed + 8, x * 25, z * 25) - 0.5f);
    Rgb colour = is_road ? street_.road : street_.pavement;
    if (is_road) {
      const float into_crossing = z - street_.crossing_z;
      const bool zebra =
          street_.crossing_z > 0 && into_crossing > 0 && into_crossing < 3.2f && Fraction(x * 0.9f) < 0.5f;
      const bool dash = std::abs(x - street_.line_x) < 0.09f && Fraction(z / 4.5f) < 0.55f;
      if ((zebra || dash) && RoughNoise(street_.seed + 4, x * 3, z * 3) > 0.3f) colour = street_.line;
    } else {
      const float to_kerb = std::min(std::abs(x - street_.left_kerb), std::abs(x - street_.right_kerb));
      if (to_kerb < 0.22f) {
        light *= to_kerb < 0.06f ? 0.6f : 1.25f;  // the step, and the stones' upper side
      } else {
        const bool joint =
            Fraction(x / street_.slab) * street_.slab < 0.05f || Fraction(z / street_.slab) * street_.slab < 0.05f;
        if (joint) light *= 1 - 0.35f * Visible(0.08f, footprint);
        light *= 1 + 0.12f * (GridNoise(street_.seed + 2, Floor(x / street_.slab), Floor(z / street_.slab)) - 0.5f);
      }
    }
    return {weather_.Hazed(colour * light, z), is_road ? Class::kRoad : Class::kPavement, z};
  }

  Look SeeSky(float right, float down) const {
    const float up = Clamp01(-down * camera_.focal / std::max(1.0f, top_));
    Rgb colour = Mix(weather_.sky_low, weather_.sky_high, up);
    if (weather_.cloud_cover > 0) {
      const float billows = RoughNoise(cloud_seed_, right * 4, down * 9);
      colour =
          Mix(colour, weather_.cloud * (0.85f + 0.3f * billows),
              SmoothStep(0.95f - weather_.cloud_cover * 0.7f, 1.15f - weather_.cloud_cover * 0.6f, billows + 0.2f));
    }
    return {colour, Class::kSky};
  }

  const Street& street_;
  const Camera& camera_;
  const Weather& weather_;
  uint32_t cloud_seed_;
  float top_;
};

}  // namespace

Street BuildStreet(Dice& dice) {
  Street street{};
  const float middle = dice.Uniform(-3.6f, 3.6f), road = dice.Uniform(2.5f, 4.0f);
  street.left_kerb = middle - road;
  street.right_kerb = middle + road;
  street.left_wall = street.left_kerb - dice.Uniform(2.6f, 5.0f);
  street.right_wall = street.right_kerb + dice.Uniform(2.6f, 5.0f);
  street.left = BuildRow(dice);
  street.right = BuildRow(dice);
  const float end_z = dice.Uniform(35, 80);
  street.end = BuildBlock(dice, end_z, end_z + 10);
  street.open_end = dice.Chance(0.35f);
  const int surface = dice.Below(6);
  street.road = surface == 0 ? BrickPaint(dice) : GreyPaint(dice) * 0.9f;
  street.pavement = surface == 1 ? street.road : dice.Chance(0.3f) ? BrickPaint(dice) : GreyPaint(dice);
  street.line = Rgb{0.85f, 0.85f, 0.8f} * dice.Uniform(0.8f, 1.1f);
  street.slab = dice.Uniform(0.5f, 1.2f);
  street.line_x = middle + dice.Uniform(-0.5f, 0.5f);
  street.crossing_z = dice.Chance(0.3f) ? dice.Uniform(4, 12) : 0;
  street.road_roughness = dice.Uniform(0.1f, 0.5f);
  street.seed = static_cast<uint32_t>(dice.Bits());
  return street;
}

void DrawStreet(const Street& street, const Camera& camera, const Weather& weather, uint32_t cloud_seed,
                Canvas& canvas) {
  const StreetPainter painter(street, camera, weather, cloud_seed);
  for (int y = 0; y < canvas.height; y++)
    for (int x = 0; x < canvas.width; x++) {
      const Look look = painter.See((static_cast<float>(x) + 0.5f - camera.vanishing_x) / camera.focal,
                                    (static_cast<float>(y) + 0.5f - camera.horizon_y) / camera.focal);
      canvas.colours[canvas.At(x, y)] = look.colour;
      canvas.labels[canvas.At(x, y)] = look.label;
      canvas.depths[canvas.At(x, y)] = look.depth;
    }
}

}  // namespace fcn::scenes
