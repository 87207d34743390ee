#pragma once

// Winograd's minimal filtering, tile 8 (Lavin and Gray 2016; points 0, ±1, ±2, ±½, ∞). Bᵀ is the same for every member
// of the tile-8 family; only the filter and output transforms differ.
//
//   out tile = Aᵀ [ Σ_c (G w Gᵀ) ⊙ (Bᵀ d B) ] A
//
//   F(6×6, 3×3)   64 multiplications for 36 outputs instead of 324
//   F(4×4, 5×5)   64 for 16 instead of 400
//   F(2×2, 7×7)   64 for  4 instead of 196
//
// Stride 1, groups 1; any padding, also a negative one; any dilation: each phase of the pixels is a convolution
// without. Error against exact arithmetic: at most 2e-4 of the output's standard deviation at 512 channels.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// Whether this family computes the problem at all; whether it should is the planner's choice.
bool Supports(const ConvGeometry& geometry);

/// Multiplications for each pair of an input and an output channel; a direct convolution has one for each tap of each
/// output pixel.
int64_t Multiplications(const ConvProblem& problem);

/// Floats of the packed weights of a problem; depends on geometry and channels, not on the image's size.
int64_t PackedFloats(const ConvProblem& problem, Isa isa);

/// Packs weights (OIHW: outputs × inputs/groups × kernel.h × kernel.w), output channel k times scale[k] where given (a
/// folded batch norm).
void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed);

/// Packs for `problem` the weights of the convolution that it is the gradient of, as conv::PackMirrored says: `weight`
/// (OIHW) is problem.input.c × problem.output.c × kernel.h × kernel.w, scale is by problem's input channel.
void PackMirrored(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed);

/// Floats of scratch memory that Run needs for `threads` workers.
int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// Computes the convolution. `packed` as Pack wrote it for the same geometry, channels and context.isa(); `scratch` of
/// ScratchFloats(problem, context.isa(), context.threads()), 64-byte aligned.
void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context);

/// Run and max pooling by windows of 2×2 side by side (pool.h) in one pass: a tile has whole windows, so the map
/// between is never written. `pooled` has half of problem.output's rows and columns, each rounded up (clipped windows)
/// or down. Dilation 1, no residual.
void RunPooled(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
               TensorView<float> pooled, float* scratch, const Context& context);

}  // namespace fcn::winograd
