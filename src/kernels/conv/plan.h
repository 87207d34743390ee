#pragma once

// How a convolution is cut, for conv.cc alone: a pure function of the problem and of the micro-kernel's shape, so that
// results depend neither on threads nor on caches.

#include <cstdint>

#include "kernels/gemm/gemm.h"
#include "tensor/conv_problem.h"

namespace fcn::conv {

struct Plan {
  Plan(const ConvProblem& problem, const GemmKernels& gemm);

  int64_t groups, inputs, outputs;  ///< channels of one group
  int64_t terms;                    ///< of one sum: kernel.h · kernel.w · inputs, in this order
  int64_t slice;                    ///< terms that are summed at a time; the last slice may be shorter
  int64_t slices;                   ///< at least one, also of an empty sum
  int64_t row_stride;               ///< floats from a gathered window to the next: at least a slice
  int64_t pixels;                   ///< of the output, over all images
  int64_t block, blocks;            ///< pixels that are computed at a time; the last block may be smaller
  int64_t chunk, chunks;            ///< columns (output channels of a group) that are computed at a time: whole panels
  int64_t padded_outputs;           ///< outputs in whole vectors
  bool in_place;                    ///< every pixel of the image is a row of the matrix as it is

  int64_t tasks() const { return groups * chunks * blocks; }
  int64_t group_floats() const { return terms * padded_outputs; }
  /// Scratch of one worker: a block of gathered windows, and the block's sums so far where there are several slices.
  int64_t gathered_floats() const { return in_place ? 0 : block * row_stride; }
  int64_t worker_floats() const { return (gathered_floats() + (slices > 1 ? block * chunk : 0) + 15) / 16 * 16; }
};

}  // namespace fcn::conv
