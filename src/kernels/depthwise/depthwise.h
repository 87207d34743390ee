#pragma once

// Depthwise convolution: groups = inputs, one filter (or more) per channel. Vectors run over channels.
//
//   out[n,y,x,c] = epilogue( Σ_{i,j} in[n, y·s − p + i·d, x·s − p + j·d, c] · weight[c,0,i,j] )   (zero outside)

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::depthwise {

/// Whether a problem is depthwise with one filter per channel: what this family computes.
bool Supports(const ConvProblem& problem);

/// Floats of the packed weights of a problem; depends on geometry and channels, not on the image's size.
int64_t PackedFloats(const ConvProblem& problem, Isa isa);

/// Packs weights (OIHW: outputs × inputs/groups × kernel.h × kernel.w), output channel k times scale[k] where given (a
/// folded batch norm).
void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed);

/// Floats of scratch memory that Run needs for `threads` workers.
int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// Computes the convolution. `packed` as Pack wrote it for the same geometry, channels and context.isa(); `scratch` of
/// ScratchFloats(problem, context.isa(), context.threads()), 64-byte aligned.
void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context);

}  // namespace fcn::depthwise
