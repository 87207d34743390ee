#pragma once

// Three convolutions as one: a dense one that expands, a depthwise one that filters, a 1×1 one that projects: the
// inverted bottleneck of MobileNetV2 (Sandler et al. 2018, https://arxiv.org/abs/1801.04381, figure 3b) and
// EfficientNet.
//
//   out = epilogue( project · φ( filter ∗ φ( expand ∗ in + bias ) + bias ) )      φ: none, ReLU or ReLU6
//
// The two maps between are the largest of these networks. They are computed some rows at a time and stay in a core's
// second cache. Bit by bit what conv::Run and depthwise::Run give one after the other: the sums have the same order.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::bottleneck {

/// Each reads what the one before writes.
struct Problem {
  ConvProblem expand, filter, project;
};

/// Whether this family computes a problem: a dense convolution of at most 512 terms to a sum, a depthwise one of 3×3 or
/// 5×5 and stride 1 or 2, not dilated, and a 1×1 one of at most 512 channels.
bool Supports(const Problem& problem, Isa isa);

/// Floats of the packed weights of the depthwise convolution. The others are packed as conv.h says.
int64_t FilterFloats(const ConvProblem& filter);

/// Packs the weights (OIHW: channels × 1 × kernel.h × kernel.w) of the depthwise convolution, those of channel k times
/// scale[k] where given.
void PackFilter(const ConvProblem& filter, const float* weight, const float* scale, const Context& context,
                float* packed);

/// A convolution before the last, 64-byte aligned.
struct Layer {
  const float* packed = nullptr;
  const float* bias = nullptr;  ///< one per channel, or none
  Activation activation = Activation::kNone;
};

/// Floats of scratch memory that Run needs for `threads` workers.
int64_t ScratchFloats(const Problem& problem, Isa isa, int threads);

/// Computes all three. `project` are the packed weights of the last, whose bias is in the epilogue; `scratch` of
/// ScratchFloats(problem, context.isa(), context.threads()), 64-byte aligned. The output overlaps none of the inputs
/// but the residual.
void Run(const Problem& problem, TensorView<const float> input, const Layer& expand, const Layer& filter,
         const float* project, const Epilogue& epilogue, TensorView<float> output, float* scratch,
         const Context& context);

}  // namespace fcn::bottleneck
