#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "fcn/drawing.h"
#include "library/drawing_check.h"

namespace fcn {
namespace {

constexpr Colour kInferno[] = {{0, 0, 4},      {10, 7, 34},     {30, 12, 69},   {56, 9, 98},   {81, 14, 108},
                               {105, 22, 110}, {128, 31, 108},  {152, 39, 102}, {176, 49, 91}, {198, 61, 77},
                               {217, 77, 61},  {233, 97, 43},   {244, 121, 24}, {250, 148, 7}, {252, 176, 20},
                               {248, 205, 55}, {242, 234, 105}, {252, 255, 164}};

uint8_t Mix(float below, float above, float weight) {
  return static_cast<uint8_t>(std::lround(below + (above - below) * weight));
}

/// Brightness by the weights of ITU-R BT.601.
float Luma(const uint8_t* rgb) {
  return 0.299f * static_cast<float>(rgb[0]) + 0.587f * static_cast<float>(rgb[1]) +
         0.114f * static_cast<float>(rgb[2]);
}

struct Range {
  float low, high;
};

Range FiniteRange(std::span<const float> values) {
  Range range{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  return range;
}

void DrawColourBar(Image& image) {
  const int shorter = std::min(image.width, image.height);
  if (shorter < 64) return;
  const int frame = std::max(1, shorter / 400), margin = shorter / 40 + frame;
  const int bar_width = std::max(6, shorter / 40), bar_height = shorter / 3;
  const int left = image.width - margin - bar_width, top = image.height - margin - bar_height;
  for (int y = -frame; y < bar_height + frame; y++)
    for (int x = -frame; x < bar_width + frame; x++) {
      const bool inside = x >= 0 && x < bar_width && y >= 0 && y < bar_height;
      const Colour colour =
          inside ? Inferno(1 - static_cast<float>(y) / static_cast<float>(bar_height - 1)) : Colour{255, 255, 255};
      uint8_t* rgb =
          &image.rgb[(static_cast<size_t>(top + y) * static_cast<size_t>(image.width) + static_cast<size_t>(left + x)) *
                     3];
      rgb[0] = colour.r;
      rgb[1] = colour.g;
      rgb[2] = colour.b;
    }
}

}  // namespace

Colour Inferno(float t) {
  constexpr int kLast = static_cast<int>(std::size(kInferno)) - 1;
  const float position = std::clamp(t, 0.0f, 1.0f) * kLast;
  const int index = std::min(static_cast<int>(position), kLast - 1);
  const float weight = position - static_cast<float>(index);
  const Colour a = kInferno[index], b = kInferno[index + 1];
  return {Mix(a.r, b.r, weight), Mix(a.g, b.g, weight), Mix(a.b, b.b, weight)};
}

Image HeatMap(const Image& photo, std::span<const float> heat, const HeatMapOptions& options, const Runtime& runtime) {
  CheckDrawing(photo, heat.size(), options.alpha);
  const int64_t pixels = int64_t{photo.width} * photo.height;
  const Range range = options.low == options.high ? FiniteRange(heat) : Range{options.low, options.high};
  const float span = range.high - range.low;
  Image out = photo;
  constexpr int64_t kPixels = 16384;  // of a task
  runtime.Parallel((pixels + kPixels - 1) / kPixels, [&](int64_t task) {
    for (int64_t i = task * kPixels; i < std::min(pixels, (task + 1) * kPixels); i++) {
      const float value = heat[static_cast<size_t>(i)];
      if (!std::isfinite(value)) continue;
      const float t = span > 0 ? std::clamp((value - range.low) / span, 0.0f, 1.0f) : 0;
      const Colour colour = Inferno(t);
      const float alpha = options.alpha * (1 + 2 * t) / 3;
      uint8_t* rgb = out.rgb.data() + 3 * i;
      const float grey = Luma(rgb);
      rgb[0] = Mix(grey, colour.r, alpha);
      rgb[1] = Mix(grey, colour.g, alpha);
      rgb[2] = Mix(grey, colour.b, alpha);
    }
  });
  if (options.colour_bar) DrawColourBar(out);
  return out;
}

}  // namespace fcn
