#include "kernels/depthwise/depthwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/depthwise/depthwise.cc"
#include "hwy/foreach_target.h"
#include "kernels/depthwise/depthwise-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"
#include "kernels/simd/taps.h"

FCN_DEFINE_KERNELS_FOR(depthwise::Kernels, depthwise::KernelsFor, MakeKernels)

namespace fcn::depthwise {
namespace {

int64_t PaddedChannels(const ConvProblem& problem, Isa isa) {
  const int64_t lanes = KernelsFor(isa).lanes;
  return (problem.output.c + lanes - 1) / lanes * lanes;
}

}  // namespace

bool Supports(const ConvProblem& problem) {
  return problem.geometry.groups == problem.input.c && problem.output.c == problem.input.c;
}

int64_t PackedFloats(const ConvProblem& problem, Isa isa) {
  return int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w * PaddedChannels(problem, isa);
}

void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed) {
  const int64_t channels = problem.output.c, padded = PaddedChannels(problem, isa);
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  context.Parallel(taps, [&](int64_t tap, int) {
    float* row = packed + tap * padded;
    for (int64_t c = 0; c < channels; c++) row[c] = weight[c * taps + tap] * (scale != nullptr ? scale[c] : 1.0f);
    std::fill(row + channels, row + padded, 0.0f);
  });
}

int64_t ScratchFloats(const ConvProblem&, Isa, int) { return 0; }

void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float*, const Context& context) {
  FCN_CHECK(Supports(problem) && input.shape == problem.input && output.shape == problem.output);
  const ConvGeometry& g = problem.geometry;
  const Kernels& kernels = KernelsFor(context.isa());
  const int64_t padded_channels = PaddedChannels(problem, context.isa());
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    const int64_t top = y * g.stride.h - g.padding.top;
    const auto [tap_begin, tap_end] = TapsInside(top, g.kernel.h, g.dilation.h, input.shape.h);
    kernels.run({.geometry = g,
                 .channels = input.shape.c,
                 .padded_channels = padded_channels,
                 .image = input.at(n, 0, 0),
                 .image_width = input.shape.w,
                 .image_row_stride = input.row_stride(),
                 .image_pixel_stride = input.pixel_stride,
                 .top = top,
                 .tap_begin = tap_begin,
                 .tap_end = tap_end,
                 .weights = packed,
                 .bias = epilogue.bias,
                 .residual = epilogue.residual.data != nullptr ? epilogue.residual.at(n, y, 0) : nullptr,
                 .residual_stride = epilogue.residual.pixel_stride,
                 .activation = epilogue.activation,
                 .slopes = epilogue.slopes,
                 .output = output.at(n, y, 0),
                 .width = output.shape.w,
                 .output_stride = output.pixel_stride});
  });
}

}  // namespace fcn::depthwise
#endif
