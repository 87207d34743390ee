// The gradient by the input. It is a convolution as well, with mirrored weights; where the stride left holes, it is a
// transposed convolution, or a convolution of the gradient with zeros in the holes.

#include <algorithm>

#include "base/check.h"
#include "kernels/conv/conv.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/deconv/deconv.h"

namespace fcn::conv_gradient {
namespace {

enum class Way : uint8_t {
  kMirrored,    // stride 1: a convolution of the gradient
  kTransposed,  // other strides, no dilation: a transposed convolution of the gradient
  kSpread,      // both: the gradient's pixels are spread by the stride over zeros, then as kMirrored
};

Way WayOf(const ConvProblem& problem) {
  if (problem.geometry.stride == Size2{1, 1}) return Way::kMirrored;
  return problem.geometry.dilation == Size2{1, 1} ? Way::kTransposed : Way::kSpread;
}

int64_t Spread(int64_t size, int stride) { return size > 0 ? (size - 1) * stride + 1 : 0; }

deconv::DeconvProblem Transposed(const ConvProblem& problem) {
  return {problem.geometry, problem.output, problem.input};
}

int64_t SpreadFloats(const ConvProblem& problem) {
  return WayOf(problem) == Way::kSpread ? (Mirrored(problem).input.elements() + 15) / 16 * 16 : 0;
}

void SpreadRows(const ConvProblem& problem, TensorView<const float> gradient, TensorView<float> spread,
                const Context& context) {
  const Size2 stride = problem.geometry.stride;
  const int64_t channels = spread.shape.c;
  context.Parallel(spread.shape.n * spread.shape.h, [&](int64_t task, int) {
    const int64_t n = task / spread.shape.h, y = task % spread.shape.h;
    float* row = spread.at(n, y, 0);
    std::fill(row, row + spread.shape.w * channels, 0.0f);
    if (y % stride.h != 0) return;
    for (int64_t x = 0; x < gradient.shape.w; x++)
      std::copy_n(gradient.at(n, y / stride.h, x), channels, row + x * stride.w * channels);
  });
}

}  // namespace

ConvProblem Mirrored(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  const Nhwc from = {problem.output.n, Spread(problem.output.h, g.stride.h), Spread(problem.output.w, g.stride.w),
                     problem.output.c};
  const int reach_h = g.dilation.h * (g.kernel.h - 1), reach_w = g.dilation.w * (g.kernel.w - 1);
  const int top = reach_h - g.padding.top, left = reach_w - g.padding.left;
  const auto bottom = static_cast<int>(problem.input.h - from.h) + reach_h - top;
  const auto right = static_cast<int>(problem.input.w - from.w) + reach_w - left;
  return {{g.kernel, {1, 1}, g.dilation, {top, bottom, left, right}, g.groups}, from, problem.input};
}

int64_t PackedFloats(const ConvProblem& problem, Isa isa) {
  if (WayOf(problem) == Way::kTransposed) return deconv::PackedFloats(Transposed(problem), deconv::Form::kDense, isa);
  return conv::PackedFloats(Mirrored(problem), isa);
}

void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed) {
  if (WayOf(problem) != Way::kTransposed)
    return conv::PackMirrored(Mirrored(problem), isa, weight, scale, context, packed);
  deconv::Pack(Transposed(problem), deconv::Form::kDense, isa, weight, nullptr, context, packed);
  if (scale == nullptr) return;
  // Packed by taps, then by channels of the gradient, whose scale this is.
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w, channels = problem.output.c;
  const int64_t row = channels > 0 ? PackedFloats(problem, isa) / (taps * channels) : 0;
  context.Parallel(taps, [&](int64_t tap, int) {
    for (int64_t c = 0; c < channels; c++) {
      float* values = packed + (tap * channels + c) * row;
      for (int64_t i = 0; i < row; i++) values[i] *= scale[c];
    }
  });
}

int64_t DataScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  if (WayOf(problem) == Way::kTransposed) return 0;
  return SpreadFloats(problem) + conv::ScratchFloats(Mirrored(problem), isa, threads);
}

void RunData(const ConvProblem& problem, TensorView<const float> gradient, const float* packed,
             const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(gradient.shape == problem.output && output.shape == problem.input);
  Epilogue residual_only;
  residual_only.residual = epilogue.residual;
  const Way way = WayOf(problem);
  if (way == Way::kTransposed)
    return deconv::Run(Transposed(problem), deconv::Form::kDense, gradient, packed, residual_only, output, context);
  const ConvProblem mirrored = Mirrored(problem);
  if (way == Way::kSpread) {
    const TensorView<float> spread(scratch, mirrored.input);
    SpreadRows(problem, gradient, spread, context);
    gradient = spread;
  }
  conv::Run(mirrored, gradient, packed, residual_only, output, scratch + SpreadFloats(problem), context);
}

}  // namespace fcn::conv_gradient
