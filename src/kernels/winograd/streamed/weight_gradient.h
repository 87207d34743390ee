#pragma once

// The gradient by the weights (weight_gradient/weight_gradient.h) for layers of many weights and few tiles. All of the
// input is transformed once; then the weights of some output channels at a time are computed and handed over while they
// lie in the cache, so the gradient is never whole in memory.

#include <cstdint>
#include <span>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// Whether a weight gradient can be streamed: as SupportsWeightGradient, no dilation, and a transformed input that
/// stays in a last-level cache.
bool SupportsStreamedWeight(const ConvProblem& problem);

/// Floats of scratch memory that RunWeightStreamed needs for `threads` workers.
int64_t WeightStreamedScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The gradient by the weight, OIHW: calls take(first, values) with elements [first, first + values.size()) of it, in
/// order and one at a time, but on any of the context's threads; they are gone afterwards. `problem` is the forward
/// convolution's: `gradient` has its output's shape. `scratch` of WeightStreamedScratchFloats(…), 64-byte aligned.
void RunWeightStreamed(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                       FunctionRef<void(int64_t first, std::span<const float> values)> take, float* scratch,
                       const Context& context);

}  // namespace fcn::winograd
