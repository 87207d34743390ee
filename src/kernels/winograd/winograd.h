#pragma once

// Winograd's minimal filtering, tile 8 (Lavin and Gray 2016; points 0, ±1, ±2, ±½, ∞): F(6×6, 3×3) takes 64
// multiplications for 36 outputs instead of 324. Bᵀ is the same for every member of the tile-8 family; only the filter
// and output transforms differ.
//
//   out tile = Aᵀ [ Σ_c (G w G ᵀ) ⊙ (Bᵀ d B) ] A
//
// Only stride 1, dilation 1, groups 1; any padding. Error against exact arithmetic: at most 2e-4 of the output's
// standard deviation at 512 channels.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"

namespace fcn::winograd {

/// Whether this family computes the problem at all; whether it should is the planner's choice.
bool Supports(const ConvGeometry& geometry);

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

}  // namespace fcn::winograd
