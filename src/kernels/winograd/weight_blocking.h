#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/simd/epilogue.h"

namespace fcn::winograd {

/// How a weight gradient is cut: a function of its size and of the instruction set alone. The weights go in chunks of
/// input × output channels, whose M stays in the last-level cache. A chunk sums over blocks of tiles: all threads
/// transform them, and then multiply, each at some of the 64 points, so that there is one M whatever their number.
struct WeightBlocking {
  int taps, outputs;                 ///< of the kernel, and of a tile of the gradient; per dimension
  Size2 dilation;                    ///< each phase of it has tiles of its own: they are numbered image by image,
  int64_t tiles_across, tiles_down;  ///< phase by phase, row by row
  int64_t input_chunk, input_chunks, output_chunk, output_chunks;
  int64_t tiles, block;
  int64_t v_stride, v_point;  ///< V (tiles × inputs): floats between tiles and between points
  int64_t w_stride, w_point;  ///< W (tiles × outputs): the same
  int64_t m_stride, m_point;  ///< M (inputs × outputs): floats between inputs and between points

  int64_t floats() const;  ///< V and W of a block, and M of a chunk
};

WeightBlocking WeightBlockingFor(const ConvProblem& problem, Isa isa);

}  // namespace fcn::winograd
