#pragma once

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/context.h"
#include "kernels/elementwise/kernels.h"
#include "tensor/tensor.h"

namespace fcn::elementwise {

/// Elements of a task: large enough to hide the cost of starting it, small enough for the first-level cache.
inline constexpr int64_t kTaskElements = 8192;

/// Runs the kernel over parts of the pixels; it also gets the number of the part's first pixel if it asks for it. With
/// `flat` the channels have no meaning, and pixels without gaps between them are one long row.
template <typename Kernel>
void Run(Span whole, bool flat, const Kernel& kernel, const Context& context) {
  if (whole.channels == 0) return;
  const int64_t pixels_per_task = std::max<int64_t>(1, kTaskElements / whole.channels);
  const int64_t tasks = (whole.pixels + pixels_per_task - 1) / pixels_per_task;
  context.Parallel(tasks, [&](int64_t task, int) {
    const int64_t begin = task * pixels_per_task;
    Span part = whole;
    part.pixels = std::min(pixels_per_task, whole.pixels - begin);
    part.a += begin * whole.a_stride;
    if (part.b != nullptr) part.b += begin * whole.b_stride;
    part.out += begin * whole.out_stride;
    if (flat) {
      part.channels *= part.pixels;
      part.pixels = 1;
    }
    if constexpr (requires { kernel(part, begin); }) {
      kernel(part, begin);
    } else {
      kernel(part);
    }
  });
}

inline Span SpanOf(TensorView<const float> input, TensorView<float> output) {
  FCN_CHECK(input.shape == output.shape && input.flat() && output.flat());
  return {.pixels = output.shape.pixels(),
          .channels = output.shape.c,
          .a = input.data,
          .a_stride = input.pixel_stride,
          .out = output.data,
          .out_stride = output.pixel_stride};
}

}  // namespace fcn::elementwise
