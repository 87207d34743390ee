#pragma once

// Convolution as a matrix product, without a full im2col: blocks of output pixels gather their windows into a small
// scratch buffer, a fixed number of (tap, channel) terms at a time, and go through gemm.h; a 1×1 convolution of stride
// 1 reads the image in place.
//
//   out[n,y,x,k] = epilogue( Σ_{i,j,c} in[n, y·s − p + i·d, x·s − p + j·d, c] · weight[k,c,i,j] )   (zero outside)
//
// per group of channels, the reduction running over (i, j, c) in this order, in sums of fixed length.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::conv {

/// Floats of the packed weights of a problem; depends on geometry and channels, not on the image's size.
int64_t PackedFloats(const ConvProblem& problem, Isa isa);

/// Packs weights (OIHW: outputs × inputs/groups × kernel.h × kernel.w), output channel k times scale[k] where given (a
/// folded batch norm).
void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed);

/// Packs for `problem` the weights of the convolution that it is the gradient of: taps in reverse order, inputs and
/// outputs exchanged within each group. `weight` (OIHW) is problem.input.c × problem.output.c/groups × kernel.h ×
/// kernel.w, and scale, where given, multiplies by problem's input channel.
void PackMirrored(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed);

/// Floats of scratch memory that Run needs for `threads` workers.
int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// Computes the convolution. `packed` as Pack wrote it for the same geometry, channels and context.isa(); `scratch` of
/// ScratchFloats(problem, context.isa(), context.threads()), 64-byte aligned.
void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context);

}  // namespace fcn::conv
