#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "kernels/simd/epilogue.h"
#include "runtime/steps/candidate.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"
#include "tensor/conv_problem.h"

namespace fcn::steps {

/// A kernel family with the shape of conv.h: the same four functions under another name.
struct ConvFamily {
  Candidate kernel;
  int64_t (*packed_floats)(const ConvProblem&, Isa) = nullptr;
  void (*pack)(const ConvProblem&, Isa, const float* weight, const float* scale, const Context&,
               float* packed) = nullptr;
  int64_t (*scratch_floats)(const ConvProblem&, Isa, int threads) = nullptr;
  void (*run)(const ConvProblem&, TensorView<const float> input, const float* packed, const Epilogue&,
              TensorView<float> output, float* scratch, const Context&) = nullptr;
  /// Of a family that can pool what it computes before it is written: as run, to half the size.
  decltype(run) run_pooled = nullptr;
  /// Of a family that can transform a layer's weights (OIHW, times a scale for each output channel or null) piece by
  /// piece while it multiplies, so that they need not be packed.
  struct Streamed {
    bool (*pays)(const ConvProblem&) = nullptr;  ///< whether that can be done and is faster; none: never
    int64_t (*scratch_floats)(const ConvProblem&, Isa, int threads) = nullptr;
    void (*run)(const ConvProblem&, TensorView<const float> input, const float* weight, const float* scale,
                const Epilogue&, TensorView<float> output, float* scratch, const Context&) = nullptr;
  } streamed = {};
};

/// The same for a gradient by the weights, given that by the output.
struct WeightGradientFamily {
  Candidate kernel;
  int64_t (*scratch_floats)(const ConvProblem&, Isa, int threads) = nullptr;
  void (*run)(const ConvProblem&, TensorView<const float> gradient, TensorView<const float> input, float* output,
              float* scratch, const Context&) = nullptr;
  /// Of a family that can give the gradient of a huge layer piece by piece.
  struct Streamed {
    bool (*pays)(const ConvProblem&) = nullptr;  ///< whether that can be done and is faster; none: never
    int64_t (*scratch_floats)(const ConvProblem&, Isa, int threads) = nullptr;
    void (*run)(const ConvProblem&, TensorView<const float> gradient, TensorView<const float> input,
                FunctionRef<void(int64_t first, std::span<const float> values)> take, float* scratch,
                const Context&) = nullptr;
  } streamed = {};
};

/// A convolution, or with `by_input` its gradient by the input, whose weights change between runs: they are packed
/// while it runs, into its scratch memory, those of a huge layer a slice of output channels at a time; or they are
/// streamed, where that pays. So they need memory only when most activations do not.
Made RepackingConvolution(const ConvProblem& problem, const ConvFamily& family, SumParameters parameters,
                          const StepSite& site, bool by_input);

/// A convolution with those that run as part of it (Step::before).
Made Bottleneck(const StepSite& site);

/// A gradient by the weights: of a huge layer, where it may, handed on a slice of output channels at a time.
Made ConvolutionWeightGradient(const ConvProblem& problem, const WeightGradientFamily& family, const StepSite& site);

}  // namespace fcn::steps
