#include "data/scenes_objects.h"

namespace fcn::scenes {
namespace {

enum class Kind { kTree, kCarFromBehind, kCarFromTheSide, kPerson };

struct Figure {
  Kind kind;
  float x, z;           ///< of its foot
  float width, height;  ///< metres
  Rgb main, second, third;
  float a, b;  ///< free parameters of the shape, from 0 to 1
  bool mirrored;
  uint32_t seed;
};

/// What a figure has at a place within its rectangle: false where one looks past it. `u` is from -1 (left) to 1, `v`
/// from 0 (the ground) to 1 (the top).
struct Spot {
  Rgb colour;
  float light = 1;
};

bool InEllipse(float x, float y, float cx, float cy, float rx, float ry) {
  const float dx = (x - cx) / rx, dy = (y - cy) / ry;
  return dx * dx + dy * dy < 1;
}

/// A box with corners rounded by `round`, all in the units of x and y.
bool InRoundBox(float x, float y, float cx, float cy, float half_width, float half_height, float round) {
  const float dx = std::max(0.0f, std::abs(x - cx) - half_width + round);
  const float dy = std::max(0.0f, std::abs(y - cy) - half_height + round);
  return dx * dx + dy * dy < round * round;
}

bool SeeTree(const Figure& tree, float u, float v, float sun, Spot& spot) {
  const float x = u * tree.width / 2, y = v * tree.height;
  const float crown_y = tree.height * (0.6f + 0.06f * tree.a), radius_y = tree.height - crown_y;
  const float dx = u / 0.92f, dy = (y - crown_y) / (radius_y * 0.94f);
  const float ragged = 0.68f + 0.55f * RoughNoise(tree.seed, x * 1.3f + 50, y * 1.3f);
  if (dx * dx + dy * dy < ragged * ragged) {
    const float leaves = RoughNoise(tree.seed + 9, x * 3 + 50, y * 3);
    spot.colour = tree.main;
    spot.light = (0.45f + 1.0f * leaves) * (0.9f + 0.22f * dy - 0.2f * dx * -sun);
    return true;
  }
  const float trunk = tree.width * (0.055f + 0.03f * tree.b) * (1.3f - 0.4f * v);
  if (std::abs(x) > trunk || y > crown_y) return false;
  spot.colour = tree.second;
  spot.light = 0.7f + 0.5f * Noise(tree.seed + 3, x * 12 + 50, y * 2) - 0.25f * x / trunk * -sun;
  return true;
}

bool SeeCarFromBehind(const Figure& car, float u, float v, Spot& spot) {
  const float waist = 0.56f + 0.06f * car.a;
  const float taper = v > waist ? 0.9f - 0.5f * (v - waist) : 0.96f;
  const bool wheel = v < 0.22f && std::abs(std::abs(u) - 0.74f) < 0.17f;
  if (v < 0.12f || std::abs(u) > taper || (v > 0.93f && std::abs(u) > taper - 0.12f)) {
    if (!wheel) return false;
  }
  spot.colour = car.main;
  spot.light = 0.8f + 0.3f * v;
  if (wheel)
    spot = {{0.07f, 0.07f, 0.08f}, 1};
  else if (v < 0.2f)
    spot = {{0.15f, 0.15f, 0.16f}, 1};
  else if (InRoundBox(u, v, 0, (waist + 0.92f) / 2, taper - 0.16f, 0.46f - waist / 2, 0.06f))
    spot = {car.second, 0.7f + 0.6f * (v - waist) / (1 - waist)};
  else if (InRoundBox(u, v, 0, 0.34f, 0.24f, 0.05f, 0.02f))
    spot = {{0.85f, 0.85f, 0.7f}, 1};
  else if (std::abs(std::abs(u) - 0.8f) < 0.13f && std::abs(v - 0.47f) < 0.06f)
    spot = {car.third, 1};
  else if (std::abs(v - waist + 0.02f) < 0.012f || std::abs(v - 0.26f) < 0.012f)
    spot.light *= 0.6f;
  return true;
}

bool SeeCarFromTheSide(const Figure& car, float u, float v, Spot& spot) {
  if (car.mirrored) u = -u;
  const float x = u * car.width / 2, y = v * car.height, wheel = car.height * 0.23f;
  for (const float hub : {-0.58f, 0.6f}) {
    if (InEllipse(x, y, hub * car.width / 2, wheel, wheel, wheel)) {
      const bool rim = InEllipse(x, y, hub * car.width / 2, wheel, wheel * 0.55f, wheel * 0.55f);
      spot = {rim ? Rgb{0.55f, 0.56f, 0.58f} : Rgb{0.06f, 0.06f, 0.07f}, 1};
      return true;
    }
  }
  const float waist = 0.6f;
  const float front = -0.42f - 0.1f * car.a, back = 0.5f + 0.35f * car.b;  // of the roof's foot
  const float rise = (v - waist) / (1 - waist);
  const bool body = InRoundBox(u, v, 0, (0.14f + waist) / 2, 0.99f, (waist - 0.14f) / 2, 0.12f);
  const bool cabin = rise >= -0.1f && v < 0.99f && u > front + 0.28f * rise && u < back - 0.18f * rise;
  if (!body && !cabin) return false;
  spot.colour = car.main;
  spot.light = 0.72f + 0.45f * v;
  const bool glass =
      rise > 0.08f && rise < 0.82f && u > front + 0.07f + 0.28f * rise && u < back - 0.07f - 0.18f * rise;
  if (glass && std::abs(u - 0.02f) > 0.03f)
    spot = {car.second, 0.75f + 0.4f * rise};
  else if (u < -0.9f && std::abs(v - 0.48f) < 0.06f)
    spot = {{0.95f, 0.93f, 0.8f}, 1};
  else if (u > 0.92f && std::abs(v - 0.5f) < 0.06f)
    spot = {car.third, 1};
  else if (v < 0.22f || std::abs(u - 0.02f) < 0.008f)
    spot.light *= 0.5f;
  return true;
}

bool SeePerson(const Figure& person, float u, float v, float sun, Spot& spot) {
  const float x = u * person.width / 2, y = v * person.height;
  const float h = person.height, side = x / (person.width / 2);
  spot.light = 0.9f - 0.18f * side * -sun;
  const bool skirt = person.a > 0.7f;
  const float stride = 0.08f * person.b;
  if (InEllipse(x, y, 0, 0.915f * h, 0.068f * h, 0.085f * h)) {
    const bool hair = y > 0.945f * h || person.b > 0.8f;
    spot.colour = hair ? person.third * 0.35f : person.third;
    return true;
  }
  const float shoulder = v > 0.76f ? (0.85f - v) / 0.09f : 1;
  if (v > 0.48f && v < 0.85f && std::abs(x) < h * (0.07f + 0.085f * shoulder - 0.05f * (0.76f - std::min(v, 0.76f)))) {
    spot.colour = person.main;
    if (std::abs(x) > h * 0.105f) spot.light *= 0.8f;  // the arms
    return true;
  }
  if (v > 0.4f && v < 0.5f && std::abs(std::abs(x) - 0.135f * h) < 0.03f * h) {
    spot.colour = person.third;
    return true;
  }
  const float down = 0.5f - v;
  if (down < 0) return false;
  if (skirt && v > 0.24f) {
    spot.colour = person.second;
    return std::abs(x) < h * (0.1f + 0.12f * down);
  }
  for (const float leg : {-1.0f, 1.0f}) {
    if (std::abs(x - leg * h * (0.055f + stride * down)) > 0.058f * h) continue;
    spot.colour = v < 0.045f ? Rgb{0.1f, 0.09f, 0.08f} : skirt ? person.third : person.second;
    spot.light *= leg * sun > 0 ? 0.85f : 1;
    return true;
  }
  return false;
}

bool See(const Figure& figure, float u, float v, float sun, Spot& spot) {
  switch (figure.kind) {
    case Kind::kTree:
      return SeeTree(figure, u, v, sun, spot);
    case Kind::kCarFromBehind:
      return SeeCarFromBehind(figure, u, v, spot);
    case Kind::kCarFromTheSide:
      return SeeCarFromTheSide(figure, u, v, spot);
    default:
      return SeePerson(figure, u, v, sun, spot);
  }
}

Class LabelOf(Kind kind) {
  return kind == Kind::kTree ? Class::kTree : kind == Kind::kPerson ? Class::kPerson : Class::kCar;
}

/// Darkens the ground at the figure's foot; labels stay.
void DrawShadow(const Figure& figure, const Camera& camera, const Weather& weather, Canvas& canvas) {
  const float scale = camera.focal / figure.z, foot = camera.horizon_y + camera.height * scale;
  const float half = figure.width * scale * 0.55f, flat = half * (figure.kind == Kind::kTree ? 0.22f : 0.16f);
  const float middle = camera.vanishing_x + figure.x * scale - weather.sun * half * 0.5f;
  const int y0 = std::max(0, static_cast<int>(foot - flat)),
            y1 = std::min(canvas.height, static_cast<int>(foot + flat));
  const int x0 = std::max(0, static_cast<int>(middle - half)),
            x1 = std::min(canvas.width, static_cast<int>(middle + half));
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++) {
      const Class label = canvas.labels[canvas.At(x, y)];
      if (label != Class::kRoad && label != Class::kPavement) continue;
      const float dx = (static_cast<float>(x) - middle) / half, dy = (static_cast<float>(y) - foot) / flat;
      Rgb& colour = canvas.colours[canvas.At(x, y)];
      colour = colour * (1 - (1 - weather.shadow * 0.8f) * SmoothStep(1, 0.5f, dx * dx + dy * dy));
    }
}

void DrawFigure(const Figure& figure, const Camera& camera, const Weather& weather, Canvas& canvas) {
  const float scale = camera.focal / figure.z, foot = camera.horizon_y + camera.height * scale;
  const float half = figure.width * scale / 2, tall = figure.height * scale;
  const float middle = camera.vanishing_x + figure.x * scale;
  const int y0 = std::max(0, static_cast<int>(foot - tall)), y1 = std::min(canvas.height, static_cast<int>(foot) + 1);
  const int x0 = std::max(0, static_cast<int>(middle - half)),
            x1 = std::min(canvas.width, static_cast<int>(middle + half) + 1);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++) {
      const float u = (static_cast<float>(x) + 0.5f - middle) / half, v = (foot - static_cast<float>(y) - 0.5f) / tall;
      Spot spot;
      if (v < 0 || v > 1 || std::abs(u) > 1 || !See(figure, u, v, weather.sun, spot)) continue;
      canvas.colours[canvas.At(x, y)] = weather.Hazed(spot.colour * spot.light, figure.z);
      canvas.labels[canvas.At(x, y)] = LabelOf(figure.kind);
      canvas.depths[canvas.At(x, y)] = figure.z;
    }
}

Figure MakeFigure(Dice& dice, Kind kind, float x, float z) {
  Figure figure{};
  figure.kind = kind;
  figure.x = x;
  figure.z = z;
  figure.a = dice.Uniform(0, 1);
  figure.b = dice.Uniform(0, 1);
  figure.mirrored = dice.Chance(0.5f);
  figure.seed = static_cast<uint32_t>(dice.Bits());
  switch (kind) {
    case Kind::kTree:
      figure.height = dice.Uniform(4.5f, 8);
      figure.width = figure.height * dice.Uniform(0.5f, 0.75f);
      figure.main = dice.Chance(0.2f) ? BrickPaint(dice) : FoliagePaint(dice);
      figure.second = dice.Chance(0.5f) ? BrickPaint(dice) * 0.6f : GreyPaint(dice) * 0.6f;
      break;
    case Kind::kPerson:
      figure.height = dice.Uniform(1.5f, 1.95f);
      figure.width = figure.height * 0.36f;
      figure.main = AnyPaint(dice);
      figure.second = dice.Chance(0.4f) ? GreyPaint(dice) * 0.5f : AnyPaint(dice);
      figure.third = Rgb{0.9f, 0.68f, 0.54f} * dice.Uniform(0.4f, 1.1f);
      break;
    default:
      figure.height = dice.Uniform(1.45f, 1.8f);
      figure.width = kind == Kind::kCarFromBehind ? dice.Uniform(1.75f, 2) : dice.Uniform(3.8f, 4.6f);
      figure.main = AnyPaint(dice);
      figure.second = dice.Chance(0.5f) ? Rgb{0.12f, 0.14f, 0.17f} : SkyPaint(dice) * 0.7f;
      figure.third = dice.Chance(0.6f) ? Rgb{0.8f, 0.1f, 0.08f} : Rgb{0.95f, 0.93f, 0.8f};
  }
  return figure;
}

/// A place on one of the pavements, from `edge` (0: the wall, 1: the kerb) on.
float OnPavement(Dice& dice, const Street& street, float edge) {
  const bool left = dice.Chance(0.5f);
  const float t = dice.Uniform(edge, 0.92f);
  return left ? street.left_wall + t * (street.left_kerb - street.left_wall)
              : street.right_wall + t * (street.right_kerb - street.right_wall);
}

}  // namespace

void DrawObjects(Dice& dice, const Street& street, const Camera& camera, const Weather& weather, Canvas& canvas) {
  std::vector<Figure> figures;
  for (int i = dice.Below(5); i > 0; i--) {
    const float x = OnPavement(dice, street, 0.35f), z = dice.Uniform(7, 24);
    figures.push_back(MakeFigure(dice, Kind::kTree, x, z));
  }
  for (int i = dice.Below(4); i > 0; i--) {
    const float x = dice.Uniform(street.left_kerb + 1.1f, street.right_kerb - 1.1f), z = dice.Uniform(5, 15);
    figures.push_back(MakeFigure(dice, Kind::kCarFromBehind, x, z));
  }
  if (dice.Chance(0.4f)) {
    const float x = dice.Uniform(street.left_kerb, street.right_kerb), z = dice.Uniform(7, 14);
    figures.push_back(MakeFigure(dice, Kind::kCarFromTheSide, x, z));
  }
  for (int i = 1 + dice.Below(4); i > 0; i--) {
    const float z = dice.Uniform(3.2f, 7), pixel = dice.Uniform(0.08f, 0.92f) * static_cast<float>(canvas.width);
    const float x = (pixel - camera.vanishing_x) / camera.focal * z;
    figures.push_back(
        MakeFigure(dice, Kind::kPerson, std::clamp(x, street.left_wall + 0.4f, street.right_wall - 0.4f), z));
  }
  std::stable_sort(figures.begin(), figures.end(), [](const Figure& a, const Figure& b) { return a.z > b.z; });
  for (const Figure& figure : figures) DrawShadow(figure, camera, weather, canvas);
  for (const Figure& figure : figures) DrawFigure(figure, camera, weather, canvas);
}

}  // namespace fcn::scenes
