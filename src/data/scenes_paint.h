#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tensor/random.h"

/// What all parts of a generated scene are drawn with.
namespace fcn::scenes {

/// The index is the label.
enum class Class : uint8_t { kSky, kBuilding, kRoad, kPavement, kTree, kCar, kPerson };

/// Light, 1 being white; more is clipped by the camera.
struct Rgb {
  float r = 0, g = 0, b = 0;
};
inline Rgb operator*(Rgb a, float s) { return {a.r * s, a.g * s, a.b * s}; }
inline Rgb operator*(Rgb a, Rgb b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
inline Rgb operator+(Rgb a, Rgb b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
inline Rgb Mix(Rgb a, Rgb b, float t) { return a * (1 - t) + b * t; }

inline float Clamp01(float x) { return std::min(1.0f, std::max(0.0f, x)); }
/// From 0 at `low` to 1 at `high`, smoothly.
inline float SmoothStep(float low, float high, float x) {
  const float t = Clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}
/// The largest integer that is not above x, for |x| < 2³¹: without SSE4.1, std::floor is a call.
inline int Floor(float x) {
  const int towards_zero = static_cast<int>(x);
  return towards_zero - (x < static_cast<float>(towards_zero) ? 1 : 0);
}
/// What x is above that.
inline float Fraction(float x) { return x - static_cast<float>(Floor(x)); }

/// A stream of random decisions. Calls must be statements of their own or stand in braces: the order in which the
/// arguments of a function are evaluated is the compiler's choice.
class Dice {
 public:
  explicit Dice(uint64_t seed) : seed_(seed) {}
  uint64_t Bits() { return RandomBits(seed_, next_++); }
  float Uniform(float low, float high) { return low + (high - low) * static_cast<float>(Bits() >> 40) * 0x1p-24f; }
  int Below(int count) { return static_cast<int>((Bits() >> 33) % static_cast<uint64_t>(count)); }
  bool Chance(float probability) { return Uniform(0, 1) < probability; }

 private:
  uint64_t seed_, next_ = 0;
};

/// Pure noise in [0, 1) at the points of a grid.
inline float GridNoise(uint32_t seed, int x, int y) {
  uint32_t h = seed + static_cast<uint32_t>(x) * 0x9e3779b1u + static_cast<uint32_t>(y) * 0x85ebca77u;
  h = (h ^ (h >> 15)) * 0x2c1b3c6du;
  h = (h ^ (h >> 12)) * 0x297a2d39u;
  return static_cast<float>((h ^ (h >> 15)) >> 8) * 0x1p-24f;
}

/// Noise in [0, 1) with details of size 1, continuous.
inline float Noise(uint32_t seed, float x, float y) {
  const int ix = Floor(x), iy = Floor(y);
  const float tx = SmoothStep(0, 1, x - static_cast<float>(ix)), ty = SmoothStep(0, 1, y - static_cast<float>(iy));
  const float top = GridNoise(seed, ix, iy) * (1 - tx) + GridNoise(seed, ix + 1, iy) * tx;
  const float bottom = GridNoise(seed, ix, iy + 1) * (1 - tx) + GridNoise(seed, ix + 1, iy + 1) * tx;
  return top * (1 - ty) + bottom * ty;
}

/// Three octaves of Noise, in [0, 1).
inline float RoughNoise(uint32_t seed, float x, float y) {
  return 0.55f * Noise(seed, x, y) + 0.3f * Noise(seed + 1, 2.1f * x, 2.1f * y) +
         0.15f * Noise(seed + 2, 4.3f * x, 4.3f * y);
}

/// Colours that the classes share.
Rgb GreyPaint(Dice& dice);     ///< asphalt, concrete, clouds, steel
Rgb BrickPaint(Dice& dice);    ///< bricks, cobbles, autumn leaves, bark
Rgb FoliagePaint(Dice& dice);  ///< leaves, and what is painted green
Rgb SkyPaint(Dice& dice);      ///< the sky, and what is painted blue
Rgb AnyPaint(Dice& dice);      ///< one of these, or a bright colour

/// What is drawn on: twice as many pixels each way as the picture has.
struct Canvas {
  Canvas(int w, int h) : width(w), height(h), colours(Pixels()), labels(Pixels()), depths(Pixels()) {}
  size_t Pixels() const { return static_cast<size_t>(width) * static_cast<size_t>(height); }
  size_t At(int x, int y) const { return static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x); }

  int width, height;
  std::vector<Rgb> colours;
  std::vector<Class> labels;
  std::vector<float> depths;  ///< metres along z; 0 where there is no surface
};

/// A camera that looks along z; x is to the right and y up, all in metres from the point on the ground beneath it.
struct Camera {
  float vanishing_x, horizon_y;  ///< in pixels of the canvas
  float focal;                   ///< pixels per metre, one metre ahead
  float height;
};

/// The light of a scene.
struct Weather {
  Rgb sky_high, sky_low;  ///< at the top of the picture and at the horizon
  Rgb cloud;
  float cloud_cover;  ///< from 0 to 1
  float haze;         ///< the share of the horizon's colour in something 40 m away
  float sun;          ///< from -1 (all from the left) to 1 (all from the right)
  float shadow;       ///< the light left in a shadow

  Rgb Hazed(Rgb colour, float distance) const {
    const float thickness = distance * haze / 40;
    return Mix(colour, sky_low, thickness / (1 + thickness));
  }
};

}  // namespace fcn::scenes
