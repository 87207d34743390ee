#include "kernels/deconv/deconv.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/deconv/deconv.cc"
#include "hwy/foreach_target.h"
#include "kernels/deconv/deconv-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(deconv::Kernels, deconv::KernelsFor, MakeKernels)

namespace fcn::deconv {
namespace {

/// Channels of a group, and what the packed form pads them to.
struct Channels {
  int64_t inputs, outputs, padded;
  int64_t taps, groups;
};

Channels ChannelsOf(const DeconvProblem& problem, Form form, Isa isa) {
  const ConvGeometry& g = problem.geometry;
  FCN_CHECK(g.groups > 0 && problem.input.c % g.groups == 0 && problem.output.c % g.groups == 0);
  FCN_CHECK(g.dilation == Size2{} && (form == Form::kDense || problem.input.c == problem.output.c));
  const int64_t groups = form == Form::kDense ? g.groups : 1;
  const int64_t lanes = KernelsFor(isa).lanes, outputs = problem.output.c / groups;
  return {problem.input.c / groups, outputs, (outputs + lanes - 1) / lanes * lanes, int64_t{g.kernel.h} * g.kernel.w,
          groups};
}

}  // namespace

Form ChooseForm(const DeconvProblem& problem, const float* weight) {
  const int64_t groups = problem.geometry.groups, inputs = problem.input.c / groups;
  const int64_t outputs = problem.output.c / groups;
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  if (inputs != outputs) return Form::kDense;
  for (int64_t c = 0; c < problem.input.c; c++)
    for (int64_t k = 0; k < outputs; k++)
      for (int64_t tap = 0; tap < taps; tap++)
        if (k != c % inputs && weight[(c * outputs + k) * taps + tap] != 0) return Form::kDense;
  return Form::kDiagonal;
}

int64_t PackedFloats(const DeconvProblem& problem, Form form, Isa isa) {
  const Channels channels = ChannelsOf(problem, form, isa);
  return channels.taps * channels.padded * (form == Form::kDense ? problem.input.c : 1);
}

void Pack(const DeconvProblem& problem, Form form, Isa isa, const float* weight, const float* scale,
          const Context& context, float* packed) {
  const Channels ch = ChannelsOf(problem, form, isa);
  const int64_t outputs = problem.output.c / problem.geometry.groups,
                inputs = problem.input.c / problem.geometry.groups;
  const auto scaled = [&](int64_t c, int64_t k, int64_t tap) {
    const int64_t output = c / inputs * outputs + k;
    return weight[(c * outputs + k) * ch.taps + tap] * (scale != nullptr ? scale[output] : 1.0f);
  };
  context.Parallel(ch.taps, [&](int64_t tap, int) {
    if (form == Form::kDiagonal) {
      float* row = packed + tap * ch.padded;
      for (int64_t c = 0; c < problem.input.c; c++) row[c] = scaled(c, c % inputs, tap);
      std::fill(row + problem.input.c, row + ch.padded, 0.0f);
      return;
    }
    for (int64_t c = 0; c < problem.input.c; c++) {
      float* row = packed + (tap * problem.input.c + c) * ch.padded;
      for (int64_t k = 0; k < outputs; k++) row[k] = scaled(c, k, tap);
      std::fill(row + outputs, row + ch.padded, 0.0f);
    }
  });
}

void Run(const DeconvProblem& problem, Form form, TensorView<const float> input, const float* packed,
         const Epilogue& epilogue, TensorView<float> output, const Context& context) {
  FCN_CHECK(input.shape == problem.input && output.shape == problem.output);
  const Channels channels = ChannelsOf(problem, form, context.isa());
  const ConvGeometry& g = problem.geometry;
  const Kernels& kernels = KernelsFor(context.isa());
  const auto run = form == Form::kDense ? kernels.dense : kernels.diagonal;
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    run({.geometry = g,
         .inputs = channels.inputs,
         .outputs = channels.outputs,
         .padded_outputs = channels.padded,
         .taps = TapsReaching(y + g.padding.top, g.kernel.h, g.stride.h, input.shape.h),
         .image = input.at(n, 0, 0),
         .image_width = input.shape.w,
         .image_row_stride = input.row_stride(),
         .image_pixel_stride = input.pixel_stride,
         .weights = packed,
         .bias = epilogue.bias,
         .residual = epilogue.residual.data != nullptr ? epilogue.residual.at(n, y, 0) : nullptr,
         .residual_stride = epilogue.residual.pixel_stride,
         .activation = epilogue.activation,
         .output = output.at(n, y, 0),
         .width = output.shape.w,
         .output_stride = output.pixel_stride});
  });
}

}  // namespace fcn::deconv
#endif
