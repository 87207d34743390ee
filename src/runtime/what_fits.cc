#include "runtime/what_fits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fcn/error.h"

namespace fcn {

std::string WhatFits(const PlannedImage& image, int64_t bytes) {
  const auto growing = [&](int64_t all) { return static_cast<double>(all - image.lasting); };
  constexpr int kTries = 6;
  double scale = std::sqrt(std::max(0.0, growing(bytes) / growing(image.bytes)));
  for (int i = 0; i < kTries; i++, scale *= 0.9) {
    const auto scaled = [&](int64_t side) { return static_cast<int64_t>(static_cast<double>(side) * scale); };
    const int64_t height = scaled(image.shape.h), width = scaled(image.shape.w);
    if (height < 1 || width < 1) break;
    try {
      if (image.bytes_of(height, width) > bytes) continue;
    } catch (const Error&) {
      break;  // the network takes no smaller ones
    }
    return fmt::format("{} of at most {}x{}", image.shape.n == 1 ? "an image" : "images", width, height);
  }
  return kSomethingSmaller;
}

}  // namespace fcn
