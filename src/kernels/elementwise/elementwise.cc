#include "kernels/elementwise/elementwise.h"

#include <cmath>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise/elementwise.cc"
#include "hwy/foreach_target.h"
#include "kernels/elementwise/elementwise-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/elementwise/run.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(elementwise::Kernels, elementwise::KernelsFor, MakeKernels)

namespace fcn::elementwise {
namespace {

/// Runs the kernel over the pixels of `output` and those of one or two inputs in the same places. With `flat` the
/// channels have no meaning. Views with gaps between their rows go row by row.
template <typename Kernel>
void RunOver(TensorView<const float> a, TensorView<const float> b, TensorView<float> output, bool flat, Span span,
             const Kernel& kernel, const Context& context) {
  FCN_CHECK(a.shape == output.shape && (b.data == nullptr || b.shape == output.shape));
  span.pixels = output.shape.pixels(), span.channels = output.shape.c;
  span.a = a.data, span.a_stride = a.pixel_stride;
  span.b = b.data, span.b_stride = b.pixel_stride;
  span.out = output.data, span.out_stride = output.pixel_stride;
  if (a.flat() && (b.data == nullptr || b.flat()) && output.flat()) {
    flat = flat && a.contiguous() && (b.data == nullptr || b.contiguous()) && output.contiguous();
    return Run(span, flat, kernel, context);
  }
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t row, int) {
    const int64_t n = row / output.shape.h, y = row % output.shape.h;
    Span part = span;
    part.pixels = output.shape.w;
    part.a = a.at(n, y, 0);
    if (b.data != nullptr) part.b = b.at(n, y, 0);
    part.out = output.at(n, y, 0);
    kernel(part);
  });
}

}  // namespace

void Activate(Activation activation, TensorView<const float> input, TensorView<float> output, const Context& context,
              const float* slopes) {
  Span span;
  span.activation = activation, span.slopes = slopes;
  RunOver(input, {}, output, slopes == nullptr, span, KernelsFor(context.isa()).activate, context);
}

void Add(TensorView<const float> a, TensorView<const float> b, Activation activation, TensorView<float> output,
         const Context& context, const float* slopes) {
  Span span;
  span.activation = activation, span.slopes = slopes;
  RunOver(a, b, output, slopes == nullptr, span, KernelsFor(context.isa()).add, context);
}

void Multiply(TensorView<const float> a, TensorView<const float> b, Activation activation, TensorView<float> output,
              const Context& context, const float* slopes) {
  Span span;
  span.activation = activation, span.slopes = slopes;
  const auto multiply = KernelsFor(context.isa()).multiply;
  const Nhwc& shape = output.shape;
  if (b.shape == shape) return RunOver(a, b, output, slopes == nullptr, span, multiply, context);
  FCN_CHECK(a.shape == shape && b.shape == (Nhwc{shape.n, 1, 1, shape.c}));
  span.pixels = shape.w, span.channels = shape.c;
  span.a_stride = a.pixel_stride, span.out_stride = output.pixel_stride;  // b's is 0: the same pixel again and again
  context.Parallel(shape.n * shape.h, [&](int64_t row, int) {
    const int64_t n = row / shape.h, y = row % shape.h;
    Span part = span;
    part.a = a.at(n, y, 0), part.b = b.at(n, 0, 0), part.out = output.at(n, y, 0);
    multiply(part);
  });
}

void Scale(TensorView<const float> input, float factor, TensorView<float> output, const Context& context) {
  Span span;
  span.factor = factor;
  RunOver(input, {}, output, true, span, KernelsFor(context.isa()).scale, context);
}

void ScaleShift(TensorView<const float> input, const float* scale, const float* shift, Activation activation,
                TensorView<float> output, const Context& context, const float* slopes) {
  Span span;
  span.scale = scale;
  span.shift = shift;
  span.activation = activation, span.slopes = slopes;
  RunOver(input, {}, output, false, span, KernelsFor(context.isa()).scale_shift, context);
}

void FoldBatchNorm(int64_t channels, const float* weight, const float* bias, const float* mean, const float* variance,
                   double epsilon, float* scale, float* shift) {
  for (int64_t c = 0; c < channels; c++) {
    const double a = (weight != nullptr ? weight[c] : 1.0) / std::sqrt(variance[c] + epsilon);
    scale[c] = static_cast<float>(a);
    shift[c] = static_cast<float>((bias != nullptr ? bias[c] : 0.0) - mean[c] * a);
  }
}

void Crop(TensorView<const float> input, int64_t top, int64_t left, TensorView<float> output, const Context& context) {
  const Nhwc& out = output.shape;
  FCN_CHECK(input.shape.n == out.n && input.shape.c == out.c && top >= 0 && left >= 0 && top + out.h <= input.shape.h &&
            left + out.w <= input.shape.w);
  const bool whole_rows = input.pixel_stride == out.c && output.pixel_stride == out.c;
  const int64_t pieces = whole_rows ? 1 : out.w;
  const size_t bytes = sizeof(float) * static_cast<size_t>(whole_rows ? out.w * out.c : out.c);
  context.Parallel(out.n * out.h, [&](int64_t task, int) {
    const int64_t n = task / out.h, y = task % out.h;
    for (int64_t x = 0; x < pieces; x++) std::memcpy(output.at(n, y, x), input.at(n, y + top, x + left), bytes);
  });
}

void Softmax(TensorView<const float> input, TensorView<float> output, const Context& context) {
  RunOver(input, {}, output, false, {}, KernelsFor(context.isa()).softmax, context);
}

void ArgMax(TensorView<const float> input, TensorView<int32_t> output, const Context& context) {
  const Nhwc& in = input.shape;
  FCN_CHECK(output.shape == (Nhwc{in.n, in.h, in.w, 1}) && input.flat() && output.flat());
  const Kernels& kernels = KernelsFor(context.isa());
  const int64_t rows = in.n * in.h;
  context.Parallel(rows, [&](int64_t row, int) {
    kernels.arg_max({.pixels = in.w,
                     .channels = in.c,
                     .a = input.data + row * input.row_stride(),
                     .a_stride = input.pixel_stride,
                     .out_stride = output.pixel_stride},
                    output.data + row * output.row_stride());
  });
}

}  // namespace fcn::elementwise
#endif
