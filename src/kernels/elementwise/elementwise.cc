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
void Activate(Activation activation, TensorView<const float> input, TensorView<float> output, const Context& context) {
  Span span = SpanOf(input, output);
  span.activation = activation;
  Run(span, input.contiguous() && output.contiguous(), KernelsFor(context.isa()).activate, context);
}

void Add(TensorView<const float> a, TensorView<const float> b, Activation activation, TensorView<float> output,
         const Context& context) {
  FCN_CHECK(a.shape == b.shape);
  Span span = SpanOf(a, output);
  span.b = b.data;
  span.b_stride = b.pixel_stride;
  span.activation = activation;
  Run(span, a.contiguous() && b.contiguous() && output.contiguous(), KernelsFor(context.isa()).add, context);
}

void Scale(TensorView<const float> input, float factor, TensorView<float> output, const Context& context) {
  Span span = SpanOf(input, output);
  span.factor = factor;
  Run(span, input.contiguous() && output.contiguous(), KernelsFor(context.isa()).scale, context);
}

void ScaleShift(TensorView<const float> input, const float* scale, const float* shift, Activation activation,
                TensorView<float> output, const Context& context) {
  Span span = SpanOf(input, output);
  span.scale = scale;
  span.shift = shift;
  span.activation = activation;
  Run(span, false, KernelsFor(context.isa()).scale_shift, context);
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
  const bool whole_rows = input.contiguous() && output.contiguous();
  const int64_t pieces = whole_rows ? 1 : out.w;
  const size_t bytes = sizeof(float) * static_cast<size_t>(whole_rows ? out.w * out.c : out.c);
  context.Parallel(out.n * out.h, [&](int64_t task, int) {
    const int64_t n = task / out.h, y = task % out.h;
    for (int64_t x = 0; x < pieces; x++) std::memcpy(output.at(n, y, x), input.at(n, y + top, x + left), bytes);
  });
}

void Softmax(TensorView<const float> input, TensorView<float> output, const Context& context) {
  Run(SpanOf(input, output), false, KernelsFor(context.isa()).softmax, context);
}

void ArgMax(TensorView<const float> input, TensorView<int32_t> output, const Context& context) {
  const Nhwc& in = input.shape;
  FCN_CHECK(output.shape == (Nhwc{in.n, in.h, in.w, 1}));
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
