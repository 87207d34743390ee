#pragma once

// The gradient of a convolution by its weights with the tile-8 family (winograd.h):
//
//   out[k,c,i,j] = Σ_{n,y,x} g[n,y,x,k] · in[n, y − p + i·d, x − p + j·d, c]        (zero outside)
//
// A tile of (9 − taps)² pixels of the gradient takes the filter's place and taps² weights the output's: F(3×3, 6×6) for
// 3×3 kernels, F(5×5, 4×4) and F(7×7, 2×2). M sums over all tiles, so it is transformed back once for each weight:
//
//   out[k,c] = Aᵀ [ Σ_tiles (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// Kernels of 3×3, 5×5 and 7×7, stride 1, groups 1; any padding. A dilated one is the same on interleaved samples. Sums
// over tiles are cut at fixed lengths, and the parts are added in order. Error against exact arithmetic, where input
// and gradient are of one scale throughout: at most 2e-4 of the gradient's standard deviation.

#include <cstdint>

#include "base/context.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// Whether the family has the gradient by this convolution's weights; whether it pays is the planner's choice.
bool SupportsWeightGradient(const ConvGeometry& geometry);

/// Floats of scratch memory that RunWeight needs for `threads` workers.
int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The gradient by the weight, OIHW (outputs × inputs × kernel.h × kernel.w), to `output`. `problem` is the forward
/// convolution's: `gradient` has its output's shape. `scratch` of WeightScratchFloats(…), 64-byte aligned.
void RunWeight(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
               float* output, float* scratch, const Context& context);

}  // namespace fcn::winograd
