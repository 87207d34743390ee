#pragma once

// The tile-8 family (winograd.h) for layers whose weights are many, whose tiles are few, and whose packed weights would
// be used once, as in training. Filters are transformed a slice at a time, which is multiplied while it lies in the
// last-level cache, and the next one is transformed meanwhile: they are never whole in memory.
//
// The gradient by the input is the algorithm transposed. Tiles of 8×8 pixels overlap by the kernel's reach less one
// stride and are added up:
//
//   forward   out tile = Aᵀ [ Σ_c (G w Gᵀ) ⊙ (Bᵀ d B) ] A
//   data      d tile  += B  [ Σ_k (G w Gᵀ) ⊙ (A g Aᵀ) ] Bᵀ
//
// so it has as many multiplications as the convolution, where the convolution with mirrored filters has those of the
// larger input map. Error of both against exact arithmetic: at most 2e-4 of the standard deviation at 512 channels.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// Whether a convolution of this geometry, and its gradient by the input, can be streamed: as Supports, and no
/// dilation.
bool SupportsStreamed(const ConvGeometry& geometry);

/// Whether it is also faster than packing all weights for one run: where they do not stay in a cache, and either there
/// are so many that packing is most of the time or so few tiles that filters are transformed once.
bool PaysStreamed(const ConvProblem& problem);

/// Floats of scratch memory that RunStreamed needs, for any number of workers.
int64_t StreamedScratchFloats(const ConvProblem& problem, Isa isa);

/// The convolution. `weight` (OIHW), those of output channel k times scale[k] where given; `scratch` of
/// StreamedScratchFloats(problem, context.isa()), 64-byte aligned.
void RunStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight, const float* scale,
                 const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context);

/// The same for RunDataStreamed.
int64_t DataStreamedScratchFloats(const ConvProblem& problem, Isa isa);

/// The gradient by the input. `problem` is the convolution's: `gradient` has its output's shape, `output` its input's.
/// Of the epilogue only the residual is used; it may be the output itself.
void RunDataStreamed(const ConvProblem& problem, TensorView<const float> gradient, const float* weight,
                     const float* scale, const Epilogue& epilogue, TensorView<float> output, float* scratch,
                     const Context& context);

}  // namespace fcn::winograd
