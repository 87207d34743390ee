#include "kernels/conv/plan.h"

#include <algorithm>

namespace fcn::conv {
namespace {

constexpr int64_t kMaxSlice = 512;
// Floats of a cache line. Rows that are an odd number of lines apart spread over all sets of the first cache.
constexpr int64_t kLine = 16;
// A block's windows, 280 × 512 floats, stay in a second cache of 1 MiB while every panel of the weights passes by once.
constexpr int64_t kMaxBlock = 280, kMinBlock = 56;
// Each chunk of columns gathers the windows again: 128 columns keep that at a few per cent of the multiplications.
constexpr int64_t kMaxChunk = 1024, kMinChunk = 128;
constexpr int64_t kCachedWeights = 4 << 20;
// As many tasks as keep a big machine busy, but each of some 10 µs at least.
constexpr int64_t kTasks = 64, kMultiplicationsPerTask = 1 << 20;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

}  // namespace

Plan::Plan(const ConvProblem& problem, const GemmKernels& gemm) {
  const ConvGeometry& g = problem.geometry;
  groups = g.groups;
  inputs = problem.input.c / groups;
  outputs = problem.output.c / groups;
  terms = int64_t{g.kernel.h} * g.kernel.w * inputs;
  pixels = problem.output.pixels();
  padded_outputs = RoundUp(outputs, gemm.lanes);
  // Pixels that are a multiple of 4 KiB apart share a set of the first cache, which has fewer ways than the
  // micro-kernel rows: copying them costs less.
  in_place =
      g.kernel == Size2{1, 1} && g.stride == Size2{1, 1} && g.padding == Padding{} && problem.input.c % 1024 != 0;

  // Slices of equal length: 576 terms are 288 + 288 and not 512 + 64.
  slices = std::max<int64_t>(1, CeilDiv(terms, kMaxSlice));
  slice = RoundUp(CeilDiv(terms, slices), kLine);
  row_stride = slice / kLine % 2 == 0 ? slice + kLine : slice;

  // Each chunk of columns gathers the windows again, each block of pixels reads the weights again. Gathering costs more
  // where the weights stay in the last cache, so that smaller blocks come before more chunks.
  const int64_t wanted = std::clamp<int64_t>(pixels * problem.output.c * terms / kMultiplicationsPerTask, 1, kTasks);
  const int64_t fewest_chunks = std::max<int64_t>(1, CeilDiv(outputs, kMaxChunk));
  const bool large_blocks = in_place || terms * outputs > kCachedWeights;
  const int64_t most_blocks = std::max<int64_t>(1, pixels / (large_blocks ? kMaxBlock : kMinBlock));
  chunks =
      std::clamp(CeilDiv(wanted, most_blocks * groups), fewest_chunks, std::max(fewest_chunks, outputs / kMinChunk));
  chunk = RoundUp(CeilDiv(outputs, chunks), gemm.panel);
  chunks = CeilDiv(outputs, std::max<int64_t>(1, chunk));
  blocks = std::max<int64_t>(1, CeilDiv(pixels, kMaxBlock));
  blocks = std::max(blocks, std::min(CeilDiv(wanted, std::max<int64_t>(1, groups * chunks)), pixels / kMinBlock));
  // Blocks that share out evenly come before blocks of whole tiles: a tile of fewer rows takes less time.
  if (blocks > 1) blocks = RoundUp(blocks, 2);
  block = CeilDiv(pixels, blocks);
  blocks = CeilDiv(pixels, std::max<int64_t>(1, block));
}

}  // namespace fcn::conv
