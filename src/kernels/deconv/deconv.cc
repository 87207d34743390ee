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

/// One row of the output at a time.
class RowRunner {
 public:
  RowRunner(const DeconvProblem& problem, Form form, TensorView<const float> input, const float* packed,
            const Epilogue& epilogue, Isa isa)
      : problem_(problem),
        channels_(ChannelsOf(problem, form, isa)),
        run_(form == Form::kDense ? KernelsFor(isa).dense : KernelsFor(isa).diagonal),
        input_(input),
        packed_(packed),
        epilogue_(epilogue) {
    FCN_CHECK(input.shape == problem.input);
  }

  void Run(int64_t n, int64_t y, float* output, int64_t output_stride) const {
    const ConvGeometry& g = problem_.geometry;
    run_({.geometry = g,
          .inputs = channels_.inputs,
          .outputs = channels_.outputs,
          .padded_outputs = channels_.padded,
          .taps = TapsReaching(y + g.padding.top, g.kernel.h, g.stride.h, input_.shape.h),
          .image = input_.at(n, 0, 0),
          .image_width = input_.shape.w,
          .image_row_stride = input_.row_stride(),
          .image_pixel_stride = input_.pixel_stride,
          .weights = packed_,
          .bias = epilogue_.bias,
          .residual = epilogue_.residual.data != nullptr ? epilogue_.residual.at(n, y, 0) : nullptr,
          .residual_stride = epilogue_.residual.pixel_stride,
          .activation = epilogue_.activation,
          .output = output,
          .width = problem_.output.w,
          .output_stride = output_stride});
  }

 private:
  const DeconvProblem& problem_;
  Channels channels_;
  void (*run_)(const Row& row);
  TensorView<const float> input_;
  const float* packed_;
  const Epilogue& epilogue_;
};

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
  FCN_CHECK(output.shape == problem.output);
  const RowRunner runner(problem, form, input, packed, epilogue, context.isa());
  context.Parallel(output.shape.n * output.shape.h, [&](int64_t task, int) {
    const int64_t n = task / output.shape.h, y = task % output.shape.h;
    runner.Run(n, y, output.at(n, y, 0), output.pixel_stride);
  });
}

int64_t RowScratchFloats(const DeconvProblem& problem, int threads) {
  return threads * problem.output.w * problem.output.c;
}

void RunRows(const DeconvProblem& problem, Form form, TensorView<const float> input, const float* packed,
             const Epilogue& epilogue, float* scratch, FunctionRef<void(int64_t, int64_t, const float*, int)> use,
             const Context& context) {
  const RowRunner runner(problem, form, input, packed, epilogue, context.isa());
  context.Parallel(problem.output.n * problem.output.h, [&](int64_t task, int worker) {
    const int64_t n = task / problem.output.h, y = task % problem.output.h;
    float* const row = scratch + worker * RowScratchFloats(problem, 1);
    runner.Run(n, y, row, problem.output.c);
    use(n, y, row, worker);
  });
}

}  // namespace fcn::deconv
#endif
