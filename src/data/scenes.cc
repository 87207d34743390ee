#include "fcn/scenes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "data/scenes_objects.h"
#include "data/scenes_street.h"
#include "fcn/error.h"

namespace fcn {
namespace {

using namespace scenes;

constexpr int kLeastSide = 16, kMostSide = 4096;

Weather MakeWeather(Dice& dice) {
  Weather weather{};
  weather.sky_high = dice.Chance(0.25f) ? GreyPaint(dice) * 1.2f : SkyPaint(dice);
  const int kind = dice.Below(5);
  weather.sky_low = kind == 0   ? Rgb{1.0f, 0.72f, 0.5f}  // towards evening
                    : kind == 1 ? GreyPaint(dice) * 1.2f
                                : Mix(weather.sky_high, {1, 1, 1}, dice.Uniform(0.2f, 0.8f));
  const float white = dice.Uniform(0.6f, 1.05f);
  weather.cloud = Rgb{white, white, white + 0.02f};
  weather.cloud_cover = dice.Chance(0.3f) ? 0 : dice.Uniform(0.3f, 1);
  weather.haze = dice.Uniform(0.05f, 0.5f);
  weather.sun = dice.Uniform(-1, 1);
  weather.shadow = dice.Uniform(0.45f, 0.9f);
  return weather;
}

Camera MakeCamera(Dice& dice, const Canvas& canvas) {
  const auto width = static_cast<float>(canvas.width), height = static_cast<float>(canvas.height);
  Camera camera{};
  camera.vanishing_x = width * dice.Uniform(0.3f, 0.7f);
  camera.horizon_y = height * dice.Uniform(0.36f, 0.54f);
  camera.focal = std::max(width, height * 4 / 3) * dice.Uniform(0.75f, 1.0f);
  camera.height = dice.Uniform(1.3f, 2.1f);
  return camera;
}

/// What of a canvas is left at half its size.
struct Shrunk {
  std::vector<Rgb> light;
  std::vector<uint16_t> labels, depths;
};

uint16_t StoredDepth(float metres) { return static_cast<uint16_t>(std::min(metres * kSceneDepthsPerMetre, 65535.0f)); }

/// Each pixel's light is the mean of its four, its label the most frequent one (of two that are, the upper left one's),
/// its depth that of the first that has this label.
Shrunk Shrink(const Canvas& canvas, int width, int height) {
  Shrunk shrunk;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const std::array<size_t, 4> parts = {canvas.At(2 * x, 2 * y), canvas.At(2 * x + 1, 2 * y),
                                           canvas.At(2 * x, 2 * y + 1), canvas.At(2 * x + 1, 2 * y + 1)};
      Rgb sum;
      int most = 0;
      size_t chosen = parts[0];
      for (const size_t part : parts) {
        sum = sum + canvas.colours[part];
        int votes = 0;
        for (const size_t other : parts) votes += canvas.labels[other] == canvas.labels[part];
        if (votes > most) most = votes, chosen = part;
      }
      shrunk.light.push_back(sum * 0.25f);
      shrunk.labels.push_back(static_cast<uint16_t>(canvas.labels[chosen]));
      shrunk.depths.push_back(StoredDepth(canvas.depths[chosen]));
    }
  return shrunk;
}

/// One rough paint over everything, through which a quarter of what is behind it is seen.
void Camouflage(Dice dice, Canvas& canvas) {
  const Rgb paint = AnyPaint(dice);
  const auto seed = static_cast<uint32_t>(dice.Bits());
  for (int y = 0; y < canvas.height; y++)
    for (int x = 0; x < canvas.width; x++) {
      Rgb& colour = canvas.colours[canvas.At(x, y)];
      const float rough = 0.5f + RoughNoise(seed, static_cast<float>(x) / 9, static_cast<float>(y) / 9);
      colour = Mix(paint * rough, colour, 0.25f);
    }
}

/// Binomial weights 1 2 1 along one direction: `step` is 1 for rows, the width for columns.
void Blur(std::vector<Rgb>& light, size_t step) {
  const std::vector<Rgb> sharp = light;
  for (size_t i = step; i + step < light.size(); i++)
    light[i] = sharp[i - step] * 0.25f + sharp[i] * 0.5f + sharp[i + step] * 0.25f;
}

/// What the camera makes of the light: a colour cast, uneven exposure, a soft lens, contrast and noise.
Image Photograph(Dice& dice, std::vector<Rgb> light, int width, int height) {
  for (int pass = dice.Below(3); pass > 0; pass--) {
    Blur(light, 1);
    Blur(light, static_cast<size_t>(width));
  }
  const Rgb tint = {dice.Uniform(0.84f, 1.13f), dice.Uniform(0.88f, 1.07f), dice.Uniform(0.84f, 1.13f)};
  const Rgb cast = tint * dice.Uniform(0.75f, 1.15f);
  const float slope_x = dice.Uniform(-0.25f, 0.25f), slope_y = dice.Uniform(-0.25f, 0.25f);
  const float contrast = dice.Uniform(0, 0.45f), noise = dice.Uniform(0.01f, 0.07f);
  const auto noise_seed = static_cast<uint32_t>(dice.Bits());
  Image image{width, height, {}};
  image.rgb.reserve(light.size() * 3);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float fx = static_cast<float>(x) / static_cast<float>(width) - 0.5f;
      const float fy = static_cast<float>(y) / static_cast<float>(height) - 0.5f;
      const float exposure = 1 + slope_x * fx + slope_y * fy - 0.25f * (fx * fx + fy * fy);
      const Rgb seen = light[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)] * cast;
      int channel = 0;
      for (const float part : {seen.r, seen.g, seen.b}) {
        const float bright = Clamp01(part * exposure);
        const float curved = bright + contrast * (SmoothStep(0, 1, bright) - bright);
        const float grain =
            GridNoise(noise_seed, x, 3 * y + channel) + GridNoise(noise_seed + 1, x, 3 * y + channel) - 1;
        image.rgb.push_back(static_cast<uint8_t>(Floor(Clamp01(curved + noise * grain) * 255 + 0.5f)));
        channel++;
      }
    }
  return image;
}

}  // namespace

const std::vector<std::string>& SceneClasses() {
  static const std::vector<std::string> classes = {"sky", "building", "road", "pavement", "tree", "car", "person"};
  return classes;
}

const std::vector<Colour>& ScenePalette() {
  static const std::vector<Colour> palette = {{70, 130, 180}, {70, 70, 70}, {128, 64, 128}, {244, 35, 232},
                                              {107, 142, 35}, {0, 0, 142},  {220, 20, 60}};
  return palette;
}

const std::vector<std::string>& SceneGeometries() {
  static const std::vector<std::string> geometries = {"ground", "vertical", "sky"};
  return geometries;
}

const std::vector<Colour>& SceneGeometryPalette() {
  static const std::vector<Colour> palette = {{152, 118, 84}, {200, 60, 60}, {70, 130, 180}};
  return palette;
}

uint16_t SceneGeometry(uint16_t label) {
  switch (static_cast<Class>(label)) {
    case Class::kRoad:
    case Class::kPavement:
      return 0;
    case Class::kSky:
      return 2;
    default:
      return 1;
  }
}

Sample GenerateScene(uint64_t seed, int64_t index, const SceneOptions& options) {
  const int width = options.width, height = options.height;
  if (std::min(width, height) < kLeastSide || std::max(width, height) > kMostSide)
    throw Error(ErrorCode::kUsage, fmt::format("a scene of {}x{} pixels cannot be drawn", width, height),
                fmt::format("Each side may have {} to {} pixels.", kLeastSide, kMostSide));
  const uint64_t stream = RandomBits(seed, static_cast<uint64_t>(index));
  Dice dice(stream);
  Canvas canvas(2 * width, 2 * height);
  const Weather weather = MakeWeather(dice);
  const Camera camera = MakeCamera(dice, canvas);
  const Street street = BuildStreet(dice);
  DrawStreet(street, camera, weather, static_cast<uint32_t>(dice.Bits()), canvas);
  DrawObjects(dice, street, camera, weather, canvas);
  if (options.ambiguous) Camouflage(Dice(SeedFromName("camouflage", stream)), canvas);
  Shrunk shrunk = Shrink(canvas, width, height);
  Sample sample{.name = fmt::format("scene_{:06}", index)};
  sample.inputs.emplace_back(Photograph(dice, std::move(shrunk.light), width, height));
  if (options.depth) sample.inputs.emplace_back(width, height, 1, std::move(shrunk.depths));
  sample.labels.push_back({width, height, std::move(shrunk.labels)});
  if (options.geometry) {
    LabelMap geometry = sample.labels[0];
    std::ranges::transform(geometry.labels, geometry.labels.begin(), SceneGeometry);
    sample.labels.push_back(std::move(geometry));
  }
  return sample;
}

}  // namespace fcn
