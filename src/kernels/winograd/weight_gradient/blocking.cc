#include "kernels/winograd/weight_gradient/blocking.h"

#include <algorithm>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/weight_gradient.h"

namespace fcn::winograd {
namespace {

// Measured on VGG16's layers. M of a chunk and the columns of a block fit the last-level cache; a row of points, an
// eighth of both, with its V and W, a second-level cache.
constexpr int64_t kMaxChannels = 128, kBlockTiles = 64;
// Long enough that reading and writing M costs little beside the products; sums in float32 stay accurate.
constexpr int64_t kMaxSum = 64;
constexpr int64_t kLine = 16;  // floats in a cache line

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The size of the smallest equal parts of at most `max` each.
int64_t Even(int64_t total, int64_t max) {
  return DivideUp(total, std::max<int64_t>(1, DivideUp(total, std::max<int64_t>(1, max))));
}

// An odd number of cache lines: what lies one below the other then falls into different sets of the cache.
int64_t OddLines(int64_t floats) { return (DivideUp(floats, kLine) | 1) * kLine; }

}  // namespace

int64_t WeightBlocking::columns_floats() const { return kTile * (input_row + gradient_row); }
int64_t WeightBlocking::m_floats() const { return kPoints * m_point; }
int64_t WeightBlocking::worker_floats() const { return kTile * (v_point + w_point); }

WeightBlocking WeightBlockingFor(const ConvProblem& problem, Isa isa) {
  const int64_t lanes = WeightTransformsFor(isa).taps3.lanes;
  WeightBlocking b{};
  b.taps = problem.geometry.kernel.h;
  b.outputs = OutputsFor(b.taps);
  b.dilation = problem.geometry.dilation;
  b.tiles_across = DivideUp(DivideUp(problem.output.w, b.dilation.w), b.outputs);
  b.tiles_down = DivideUp(DivideUp(problem.output.h, b.dilation.h), b.outputs);
  b.tiles = problem.output.n * b.dilation.h * b.dilation.w * b.tiles_down * b.tiles_across;
  // Whole vectors, so that chunks do not end amid one.
  const auto chunk = [=](int64_t channels) {
    return std::min(channels, DivideUp(Even(channels, kMaxChannels), lanes) * lanes);
  };
  b.input_chunk = chunk(problem.input.c);
  b.output_chunk = chunk(problem.output.c);
  if (b.input_chunk == 0 || b.output_chunk == 0) return b;
  b.input_chunks = DivideUp(problem.input.c, b.input_chunk);
  b.output_chunks = DivideUp(problem.output.c, b.output_chunk);

  if (b.tiles == 0) return b;

  b.strip = Even(b.tiles_across, kBlockTiles);
  b.strips_across = DivideUp(b.tiles_across, b.strip);
  b.strips = b.tiles / b.tiles_across * b.strips_across;
  b.block = Even(b.strips, kBlockTiles / b.strip);
  b.sum = Even(b.block * b.strip, kMaxSum);
  b.input_column = DivideUp(b.input_chunk, kLine) * kLine;
  b.gradient_column = DivideUp(b.output_chunk, kLine) * kLine;
  b.input_strip = (b.strip * b.outputs + b.taps - 1) * b.input_column;
  b.gradient_strip = b.strip * b.outputs * b.gradient_column;
  b.input_row = OddLines(b.block * b.input_strip);
  b.gradient_row = OddLines(b.block * b.gradient_strip);
  b.v_stride = OddLines(b.input_chunk);
  b.w_stride = OddLines(b.output_chunk);
  b.m_stride = OddLines(b.output_chunk);
  b.v_point = OddLines(b.sum * b.v_stride);
  b.w_point = OddLines(b.sum * b.w_stride);
  b.m_point = OddLines(b.input_chunk * b.m_stride);
  return b;
}

}  // namespace fcn::winograd
