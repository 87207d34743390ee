#pragma once

#include <cstdint>

#include "kernels/gemm/gemm.h"
#include "kernels/winograd/tiling.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// How a problem is cut: a function of its size and of the instruction set alone. Tiles are numbered through the batch,
/// row by row, and go through input transform, 64 matrix products and output transform in blocks of `block`.
struct Blocking {
  AxisTiles down, across;  ///< of one image
  int64_t tiles, block, blocks;
  int64_t columns, column_blocks;  ///< output channels that a block's products and output transform do at a time
  int64_t v_stride, v_point;       ///< V: floats between tiles and between points
  int64_t m_stride, m_point;       ///< M, of `columns` output channels: the same
  /// Whether all threads work on one block, phase after phase: where the packed weights are too many to be read for
  /// each few tiles, or where there are too few tiles to share out. Else each worker takes whole blocks, which stay in
  /// its own cache.
  bool shared;

  int64_t floats() const;  ///< V and M of a block
};

AxisTiles TilesDown(const ConvProblem& problem);
AxisTiles TilesAcross(const ConvProblem& problem);

Blocking BlockingFor(const ConvProblem& problem, Isa isa);

/// The packed weights are 64 sequences, one per point, of products of at most kMaxSum input channels each: sums of
/// fixed length bound the rounding error of wide layers.
inline constexpr int64_t kMaxSum = 512;

/// Floats of one point's packed weights.
int64_t PackedPointFloats(const GemmKernels& gemm, int64_t inputs, int64_t outputs);

}  // namespace fcn::winograd
