#pragma once

// The gradient by the weights (conv_gradient.h) of 1×1 convolutions of many weights and few pixels: that of some output
// channels at a time is computed and handed over while it lies in the cache, so it is never whole in memory.

#include <cstdint>
#include <span>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "tensor/conv_problem.h"

namespace fcn::conv_gradient {

/// Whether the weight gradient can be streamed, and that is faster.
bool PaysStreamedWeight(const ConvProblem& problem);

/// Floats of scratch memory that RunWeightStreamed needs for `threads` workers.
int64_t WeightStreamedScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The gradient by the weight, OIHW: calls take(first, values) with elements [first, first + values.size()) of it, in
/// order and one at a time, but on any of the context's threads; they are gone afterwards. `problem` is the forward
/// convolution's: `gradient` has its output's shape. `scratch` of WeightStreamedScratchFloats(…), 64-byte aligned.
void RunWeightStreamed(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                       FunctionRef<void(int64_t first, std::span<const float> values)> take, float* scratch,
                       const Context& context);

}  // namespace fcn::conv_gradient
