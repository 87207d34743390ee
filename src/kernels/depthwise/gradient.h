#pragma once

// The two gradients of a depthwise convolution (depthwise.h). `problem` is the forward convolution's everywhere; g is
// the gradient of the loss by its output.
//
//   data:   out[n,y,x,c] = Σ_{i,j} g[n, (y + p − i·d)/s, (x + p − j·d)/s, c] · weight[c,0,i,j]
//           over the taps for which the divisions leave no rest and the quotients lie inside of g
//   weight: out[c,0,i,j] = Σ_{n,y,x} g[n,y,x,c] · in[n, y·s − p + i·d, x·s − p + j·d, c]          (zero outside)
//
// The sums over pixels are long: they are cut at fixed numbers of rows, and the parts are added in order.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::depthwise {

/// Floats of the weights packed for the data gradient; depends on geometry and channels, not on the image's size.
int64_t GradientPackedFloats(const ConvProblem& problem, Isa isa);

/// Packs weights (OIHW) for RunData, those of channel k times scale[k] where given (a folded batch norm).
void GradientPack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed);

/// Floats of scratch memory that RunData needs for `threads` workers.
int64_t DataScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The gradient by the input. `gradient` has problem.output's shape, `output` problem.input's. Of the epilogue only
/// the residual is used (what else flows into the same value); it may be the output itself.
void RunData(const ConvProblem& problem, TensorView<const float> gradient, const float* packed,
             const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context);

/// Floats of scratch memory that RunWeight needs for `threads` workers.
int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The gradient by the weight, OIHW (channels × 1 × kernel.h × kernel.w), to `output`.
void RunWeight(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
               float* output, float* scratch, const Context& context);

}  // namespace fcn::depthwise
