#pragma once

#include <cstdint>

namespace fcn {

/// A height and a width: of a kernel, a stride, a dilation. Prints as HEIGHTxWIDTH.
struct Size2 {
  int h = 1, w = 1;
  bool operator==(const Size2&) const = default;
};

/// Rows and columns of zeros around an image; may be asymmetric (TensorFlow's SAME).
struct Padding {
  int top = 0, bottom = 0, left = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

/// How a sliding window meets an image. The window's tap (i, j) at output (y, x) reads the input at
/// (y · stride.h − padding.top + i · dilation.h, x · stride.w − padding.left + j · dilation.w).
struct ConvGeometry {
  Size2 kernel, stride, dilation;
  Padding padding;
  int groups = 1;
  bool operator==(const ConvGeometry&) const = default;
};

/// A function of one number that is applied element by element, alone or to what a sum gives:
///   Relu         max(x, 0)
///   Relu6        min(max(x, 0), 6)
///   Sigmoid      1 / (1 + exp(−x))
///   Tanh         tanh(x)
///   HardSigmoid  Relu6(x + 3) / 6
///   HardSwish    x · HardSigmoid(x), both as in MobileNetV3 (arXiv 1905.02244) and torch
enum class Activation : uint8_t { kNone, kRelu, kRelu6, kSigmoid, kTanh, kHardSigmoid, kHardSwish };

/// Whether it does no more than clamp to an interval. The others are computed where a kernel has stored its sums, while
/// these are in the cache.
constexpr bool Clamps(Activation activation) { return activation <= Activation::kRelu6; }
/// Whether the derivative is computed from x. Of the others it is a function of y = f(x), so that x need not be kept.
constexpr bool DerivativeReadsInput(Activation activation) { return activation == Activation::kHardSwish; }
constexpr bool IsRelu(Activation activation) {
  return activation == Activation::kRelu || activation == Activation::kRelu6;
}

}  // namespace fcn
