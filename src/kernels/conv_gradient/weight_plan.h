#pragma once

// How a gradient by weights is cut, for weight.cc alone: a pure function of the problem and of the micro-kernel's
// shape, so that results do not depend on threads.

#include <cstdint>

#include "kernels/gemm/gemm.h"
#include "tensor/conv_problem.h"

namespace fcn::conv_gradient {

/// The gradient of a group is a matrix, outputs × terms, where the terms are the taps of each input channel. A tile of
/// it is the product over pixels of a chunk of the gradient's channels and the windows of a chunk of the input's.
struct WeightPlan {
  WeightPlan(const ConvProblem& problem, const GemmKernels& gemm);

  int64_t groups, inputs, outputs;      ///< channels of one group
  int64_t taps;                         ///< kernel.h · kernel.w
  int64_t input_chunk, input_chunks;    ///< input channels of a tile, which has all their taps
  int64_t output_chunk, output_chunks;  ///< outputs of a tile
  int64_t pixels;                       ///< of the output, over all images
  int64_t block;                        ///< pixels that are summed at a time
  int64_t segment, segments;            ///< pixels that are summed in one part, a multiple of block; at least one
  bool in_place;                        ///< every pixel of the image is a row of the matrix as it is
  bool vectors_of_outputs;              ///< whether a tile is terms × outputs, or outputs × terms

  int64_t tiles() const { return groups * output_chunks * input_chunks; }
  int64_t tile_floats() const { return RoundUp16(output_chunk * input_chunk * taps); }
  int64_t gathered_floats() const { return in_place ? 0 : RoundUp16(block * input_chunk * taps); }
  /// A worker's scratch holds gathered windows, and the tile itself where it is the sum of one segment only. Else all
  /// parts of all tiles are kept until they can be added.
  int64_t worker_floats() const { return gathered_floats() + (segments == 1 ? tile_floats() : 0); }
  int64_t shared_floats() const { return segments == 1 ? 0 : segments * tiles() * tile_floats(); }

 private:
  static int64_t RoundUp16(int64_t count) { return (count + 15) / 16 * 16; }
};

}  // namespace fcn::conv_gradient
