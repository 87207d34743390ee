#include "graph/shape_rules.h"

namespace fcn::shape_rules {
namespace {

// The positions of a window that covers `extent` pixels, along one axis.
int64_t Positions(int64_t size, int64_t extent, int64_t stride, int64_t before, int64_t after, bool ceil) {
  const int64_t room = size + before + after - extent;
  if (room < 0)
    Fail("its window covers {} pixels; the image has {} with padding ({} without)", extent, size + before + after,
         size);
  const int64_t positions = (ceil ? room + stride - 1 : room) / stride + 1;
  return ceil && (positions - 1) * stride >= size + before ? positions - 1 : positions;
}

}  // namespace

void CheckParameter(const char* what, const Shape& shape, const Shape& needed) {
  if (shape != needed) Fail("its {} has the shape {}; {} is needed", what, shape.ToString(), needed.ToString());
}

void CheckFactor(const Nhwc& x, const Nhwc& y) {
  if (y != x && y != Nhwc{x.n, 1, 1, x.c}) Fail("{} cannot be multiplied by {}", ToString(x), ToString(y));
}

Nhwc WindowsOf(const Nhwc& x, Size2 kernel, Size2 stride, Size2 dilation, const Padding& pad, bool ceil, int64_t c) {
  const auto extent = [](int64_t k, int64_t d) { return d * (k - 1) + 1; };
  return {x.n, Positions(x.h, extent(kernel.h, dilation.h), stride.h, pad.top, pad.bottom, ceil),
          Positions(x.w, extent(kernel.w, dilation.w), stride.w, pad.left, pad.right, ceil), c};
}

}  // namespace fcn::shape_rules
