#include "kernels/winograd/blocking.h"

#include <algorithm>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/tile.h"

namespace fcn::winograd {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return DivideUp(a, b) * b; }

// A tile is spread over 64 points. An odd number of cache lines between them makes these fall into different sets of
// the cache instead of into two or three.
int64_t PointStride(int64_t floats) { return (DivideUp(floats, kLine) | 1) * kLine; }

}  // namespace

int64_t Blocking::floats() const { return kPoints * (v_point + m_point); }

AxisTiles TilesDown(const ConvProblem& problem) {
  return {problem.output.h, OutputsFor(problem.geometry.kernel.h), problem.geometry.dilation.h};
}

AxisTiles TilesAcross(const ConvProblem& problem) {
  return {problem.output.w, OutputsFor(problem.geometry.kernel.w), problem.geometry.dilation.w};
}

Blocking BlockingFor(const ConvProblem& problem, Isa isa) {
  const int64_t lanes = TransformKernelsFor(isa).lanes;
  const int64_t inputs = problem.input.c, outputs = problem.output.c;

  Blocking b{};
  b.down = TilesDown(problem);
  b.across = TilesAcross(problem);
  b.tiles = problem.output.n * b.down.count() * b.across.count();
  b.columns = outputs;
  b.column_blocks = 1;
  b.v_stride = RoundUp(inputs, lanes);
  b.m_stride = RoundUp(outputs, lanes);

  if (b.tiles == 0) return b;

  // In floats: weights that a worker can stream from the last-level cache as fast as it multiplies, V and M of a block
  // in that cache, and V and M in one core's cache. Measured on VGG16's layers.
  constexpr int64_t kStreamedWeights = 2 << 20, kSharedFloats = 3 << 20, kWorkerFloats = 1 << 17;
  const int64_t tile_floats = kPoints * (b.v_stride + b.m_stride);
  // Whole micro-kernels; at least 12 tiles, so that the arithmetic hides the reading of the weights.
  const GemmKernels& gemm = GemmKernelsFor(isa);
  b.block = std::max<int64_t>(1, std::clamp<int64_t>(kWorkerFloats / tile_floats, 12, 112) / gemm.rows) * gemm.rows;
  b.shared = kPoints * inputs * outputs > kStreamedWeights || b.tiles < 8 * b.block;
  if (b.shared) {
    // Even blocks, so that the last one is not a few tiles for which all weights are read again.
    const int64_t wanted = std::max<int64_t>(56, kSharedFloats / tile_floats);
    b.block = DivideUp(b.tiles, std::max<int64_t>(1, (b.tiles + wanted / 2) / wanted));
    // Where even so M is too large, as many output channels at a time as let it stay in the cache.
    const int64_t most = std::max<int64_t>(1, kSharedFloats / (kPoints * b.block) / gemm.panel) * gemm.panel;
    b.column_blocks = DivideUp(outputs, most);
    b.columns = std::min(outputs, RoundUp(DivideUp(outputs, b.column_blocks), gemm.panel));
    b.column_blocks = DivideUp(outputs, b.columns);
    b.m_stride = RoundUp(b.columns, lanes);
  }
  b.blocks = DivideUp(b.tiles, b.block);
  b.v_point = PointStride(b.block * b.v_stride);
  b.m_point = PointStride(b.block * b.m_stride);
  return b;
}

int64_t PackedPointFloats(const GemmKernels& gemm, int64_t inputs, int64_t outputs) {
  return inputs / kMaxSum * gemm.packed_floats(kMaxSum, outputs) + gemm.packed_floats(inputs % kMaxSum, outputs);
}

}  // namespace fcn::winograd
