#include "kernels/winograd/weight_blocking.h"

#include <algorithm>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/weight_transforms.h"

namespace fcn::winograd {
namespace {

// V and W of a block stay near a second-level cache, M of a chunk in the last one; measured on VGG16's layers.
constexpr int64_t kMaxChannels = 128, kBlockFloats = 1 << 20;
// Long enough that reading and writing M costs little beside the products, and sums in float32 stay accurate.
constexpr int64_t kMinBlock = 64, kMaxBlock = 256;
constexpr int64_t kLine = 16;  // floats in a cache line

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The size of the smallest equal parts of at most `max` each.
int64_t Even(int64_t total, int64_t max) {
  return DivideUp(total, std::max<int64_t>(1, DivideUp(total, std::max<int64_t>(1, max))));
}

// An odd number of cache lines: what lies one below the other then falls into different sets of the cache.
int64_t OddLines(int64_t floats) { return (DivideUp(floats, kLine) | 1) * kLine; }

}  // namespace

int64_t WeightBlocking::floats() const { return kPoints * (v_point + w_point + m_point); }

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

  const int64_t most = std::clamp(kBlockFloats / (kPoints * (b.input_chunk + b.output_chunk)), kMinBlock, kMaxBlock);
  b.block = std::max<int64_t>(1, Even(b.tiles, most));
  b.v_stride = OddLines(b.input_chunk);
  b.w_stride = OddLines(b.output_chunk);
  b.m_stride = OddLines(b.output_chunk);
  b.v_point = OddLines(b.block * b.v_stride);
  b.w_point = OddLines(b.block * b.w_stride);
  b.m_point = OddLines(b.input_chunk * b.m_stride);
  return b;
}

}  // namespace fcn::winograd
