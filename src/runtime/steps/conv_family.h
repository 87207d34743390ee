#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"
#include "base/function_ref.h"
#include "kernels/simd/epilogue.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {

/// A kernel family with the shape of conv.h: the same four functions under another name.
struct ConvFamily {
  const char* name;
  int64_t (*packed_floats)(const ConvProblem&, Isa);
  void (*pack)(const ConvProblem&, Isa, const float*, const float*, const Context&, float*);
  int64_t (*scratch_floats)(const ConvProblem&, Isa, int);
  void (*run)(const ConvProblem&, TensorView<const float>, const float*, const Epilogue&, TensorView<float>, float*,
              const Context&);
  /// Of a family that can pool what it computes before it is written: as run, to half the size.
  decltype(run) run_pooled = nullptr;
  /// Of a family that can transform a layer's weights (OIHW, times a scale for each output channel or null) piece by
  /// piece while it multiplies, so that they need not be packed: whether that is faster, its scratch memory, and
  /// itself.
  bool (*pays_streamed)(const ConvProblem&) = nullptr;
  int64_t (*streamed_scratch_floats)(const ConvProblem&, Isa, int) = nullptr;
  void (*run_streamed)(const ConvProblem&, TensorView<const float>, const float*, const float*, const Epilogue&,
                       TensorView<float>, float*, const Context&) = nullptr;
};

/// The same for a gradient by the weights: (problem, g, x, gradient, scratch).
struct WeightGradientFamily {
  const char* name;
  int64_t (*scratch_floats)(const ConvProblem&, Isa, int);
  void (*run)(const ConvProblem&, TensorView<const float>, TensorView<const float>, float*, float*, const Context&);
  /// Of a family that can give the gradient of a huge layer piece by piece: whether it can for this problem, its
  /// scratch memory, and itself: (problem, g, x, take, scratch).
  bool (*supports_streamed)(const ConvProblem&) = nullptr;
  int64_t (*streamed_scratch_floats)(const ConvProblem&, Isa, int) = nullptr;
  void (*run_streamed)(const ConvProblem&, TensorView<const float>, TensorView<const float>,
                       FunctionRef<void(int64_t first, std::span<const float> values)>, float*,
                       const Context&) = nullptr;
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
