#pragma once

#include <array>

namespace fcn {

/// How a photograph becomes a network's input.
struct Preprocessing {
  enum class Order { kRgb, kBgr };

  Order order = Order::kRgb;
  std::array<float, 3> mean = {0, 0, 0};       ///< of 0 … 255, in the network's order of channels
  std::array<float, 3> deviation = {1, 1, 1};  ///< input = (sample − mean) / deviation
  /// Classifiers only, 0 otherwise (segmentation keeps every pixel): the image's shorter side is resized to
  /// `shorter_side` (bilinear, antialiased), the longer in proportion, and the middle `crop` × `crop` pixels are taken.
  int shorter_side = 0, crop = 0;

  bool operator==(const Preprocessing&) const = default;
};

}  // namespace fcn
