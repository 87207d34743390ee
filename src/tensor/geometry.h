#pragma once

#include "tensor/activation.h"

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

}  // namespace fcn
