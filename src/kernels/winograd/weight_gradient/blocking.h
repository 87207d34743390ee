#pragma once

#include <cstdint>

#include "base/isa.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// How a weight gradient is cut: a function of its size and of the instruction set alone. The weights go in chunks of
/// input × output channels, whose M stays in the last-level cache. A chunk sums over blocks of tiles. Of a block, first
/// the columns of pixels are transformed; then each of the eight rows of points is a task of its own: its V, W and M
/// stay in the cache of the core that has it, and there is one M whatever the number of threads.
struct WeightBlocking {
  int taps, outputs;                 ///< of the kernel, and of a tile of the gradient; per dimension
  Size2 dilation;                    ///< each phase of it has tiles of its own: they are numbered image by image,
  int64_t tiles_across, tiles_down;  ///< phase by phase, row by row
  int64_t tiles;
  int64_t input_chunk, input_chunks, output_chunk, output_chunks;
  int64_t strip, strips_across, strips;   ///< tiles in a strip, a part of a row of tiles; strips in a row; all strips
  int64_t block;                          ///< strips in a block
  int64_t sum;                            ///< tiles whose products are added up before they are added to M
  int64_t input_column, gradient_column;  ///< columns of a strip, transformed: floats between columns,
  int64_t input_strip, gradient_strip;    ///< between strips
  int64_t input_row, gradient_row;        ///< and between rows of points
  int64_t v_stride, v_point;  ///< V (tiles × inputs) of a row of points: floats between tiles and between points
  int64_t w_stride, w_point;  ///< W (tiles × outputs): the same
  int64_t m_stride, m_point;  ///< M (inputs × outputs): floats between inputs and between points

  int64_t columns_floats() const;  ///< of a block
  int64_t m_floats() const;        ///< of a chunk
  int64_t worker_floats() const;   ///< V and W
};

WeightBlocking WeightBlockingFor(const ConvProblem& problem, Isa isa);

}  // namespace fcn::winograd
