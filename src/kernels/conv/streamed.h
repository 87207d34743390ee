#pragma once

// The 1×1 convolutions of conv.h for layers whose weights are many, whose pixels are few, and whose packed weights
// would be used once, as in training: each task packs the weights of its output channels piece by piece and multiplies
// while these are in its cache. Sums are those of conv.h, bit by bit.

#include <cstdint>

#include "base/context.h"
#include "kernels/simd/epilogue.h"
#include "tensor/conv_problem.h"

namespace fcn::conv {

/// Whether the convolution can be streamed, and that is faster than packing all of its weights for one run.
bool PaysStreamed(const ConvProblem& problem);

/// Floats of scratch memory that RunStreamed and RunMirroredStreamed need for `threads` workers.
int64_t StreamedScratchFloats(const ConvProblem& problem, Isa isa, int threads);

/// The convolution. `weight` and `scale` as Pack takes them; `scratch` of StreamedScratchFloats(…), 64-byte aligned.
void RunStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight, const float* scale,
                 const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context);

/// The same with `weight` and `scale` as PackMirrored takes them.
void RunMirroredStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight,
                         const float* scale, const Epilogue& epilogue, TensorView<float> output, float* scratch,
                         const Context& context);

}  // namespace fcn::conv
