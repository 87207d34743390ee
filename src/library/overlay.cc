#include <algorithm>
#include <cmath>

#include "fcn/drawing.h"
#include "library/drawing_check.h"

namespace fcn {
namespace {

/// Whether a pixel within `reach` of (x, y), along its row or its column, has another label.
bool OnRim(const uint16_t* labels, int64_t width, int64_t height, int64_t x, int64_t y, int64_t reach) {
  const uint16_t* here = labels + y * width + x;
  for (int64_t d = 1; d <= reach; d++)
    if ((x >= d && here[-d] != *here) || (x + d < width && here[d] != *here) || (y >= d && here[-d * width] != *here) ||
        (y + d < height && here[d * width] != *here))
      return true;
  return false;
}

uint8_t Mix(uint8_t below, uint8_t above, int weight) {  // weight in 1/256
  return static_cast<uint8_t>((below * (256 - weight) + above * weight + 128) >> 8);
}

}  // namespace

Image Overlay(const Image& photo, std::span<const uint16_t> labels, std::span<const Colour> palette,
              const OverlayOptions& options, const Runtime& runtime) {
  CheckDrawing(photo, labels.size(), options.alpha);
  const int64_t width = photo.width, height = photo.height;
  const int64_t reach = options.contours ? std::max<int64_t>(1, (std::min(width, height) + 250) / 500) : 0;
  const int weight = static_cast<int>(std::lround(options.alpha * 256));
  Image out = photo;
  constexpr int64_t kRows = 16;  // of a task
  runtime.Parallel((height + kRows - 1) / kRows, [&](int64_t task) {
    for (int64_t y = task * kRows; y < std::min(height, (task + 1) * kRows); y++)
      for (int64_t x = 0; x < width; x++) {
        const auto label = static_cast<int64_t>(labels[static_cast<size_t>(y * width + x)]);
        if (label == options.background || label >= static_cast<int64_t>(palette.size())) continue;
        const Colour colour = palette[static_cast<size_t>(label)];
        const int opacity = OnRim(labels.data(), width, height, x, y, reach) ? 256 : weight;
        uint8_t* rgb = out.rgb.data() + (y * width + x) * 3;
        rgb[0] = Mix(rgb[0], colour.r, opacity);
        rgb[1] = Mix(rgb[1], colour.g, opacity);
        rgb[2] = Mix(rgb[2], colour.b, opacity);
      }
  });
  return out;
}

}  // namespace fcn
