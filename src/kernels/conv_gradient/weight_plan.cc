#include "kernels/conv_gradient/weight_plan.h"

#include <algorithm>

namespace fcn::conv_gradient {
namespace {

// A tile, and a block of pixels of both operands, stay in a second cache of 1 MiB.
constexpr int64_t kMaxTerms = 320, kMaxOutputs = 352, kMaxTileFloats = kMaxTerms * kMaxOutputs;
// Fewer input channels at a time would make the copies of the windows too short.
constexpr int64_t kMinInputs = 8;
constexpr int64_t kMaxBlock = 256, kMinBlock = 16, kMaxGatheredFloats = 40 << 10;
// As many tasks as keep a machine busy, but each of some 10 µs at least.
constexpr int64_t kTasks = 64, kMultiplicationsPerTask = 1 << 20;
// Outputs of a tile that is cut for nothing but more tasks: then the windows are gathered again.
constexpr int64_t kMinOutputs = 96;
// The parts that segments leave behind are at most this fraction of the operands.
constexpr int64_t kPartsFraction = 4;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

// The size of the smallest equal chunks, at most `max` each: 512 is 256 + 256 and not 320 + 192.
int64_t Even(int64_t total, int64_t max) { return CeilDiv(total, std::max<int64_t>(1, CeilDiv(total, max))); }

}  // namespace

WeightPlan::WeightPlan(const ConvProblem& problem, const GemmKernels& gemm) {
  const ConvGeometry& g = problem.geometry;
  groups = g.groups;
  inputs = problem.input.c / groups;
  outputs = problem.output.c / groups;
  taps = int64_t{g.kernel.h} * g.kernel.w;
  pixels = problem.output.pixels();
  in_place = g.kernel == Size2{1, 1} && g.stride == Size2{1, 1} && g.padding == Padding{};

  input_chunk = std::max<int64_t>(1, Even(inputs, std::max(kMaxTerms / taps, kMinInputs)));
  input_chunks = CeilDiv(inputs, input_chunk);
  const int64_t terms = input_chunk * taps;
  const int64_t max_outputs = std::clamp<int64_t>(kMaxTileFloats / terms, gemm.panel, kMaxOutputs);
  output_chunk = std::max<int64_t>(1, Even(outputs, max_outputs));
  output_chunks = CeilDiv(outputs, output_chunk);

  block = std::clamp(kMaxGatheredFloats / terms, kMinBlock, kMaxBlock);
  const int64_t weights = groups * outputs * inputs * taps;
  const int64_t wanted = std::clamp<int64_t>(pixels * weights / kMultiplicationsPerTask, 1, kTasks);
  const int64_t operands = pixels * (problem.input.c * (in_place ? 1 : taps) + problem.output.c);
  segments = std::clamp<int64_t>(operands / (kPartsFraction * std::max<int64_t>(1, weights)), 1,
                                 std::max<int64_t>(1, CeilDiv(wanted, std::max<int64_t>(1, tiles()))));
  segment = std::max(block, RoundUp(CeilDiv(pixels, segments), block));
  segments = std::max<int64_t>(1, CeilDiv(pixels, segment));

  const int64_t cuts = CeilDiv(wanted, std::max<int64_t>(1, segments * tiles()));
  output_chunk = std::min(output_chunk, std::max(RoundUp(CeilDiv(output_chunk, cuts), gemm.lanes), kMinOutputs));
  output_chunks = CeilDiv(outputs, output_chunk);

  // The vectors go where less of them is padding, or along the longer side.
  const int64_t padding_of_outputs = (RoundUp(output_chunk, gemm.lanes) - output_chunk) * terms;
  const int64_t padding_of_terms = (RoundUp(terms, gemm.lanes) - terms) * output_chunk;
  vectors_of_outputs =
      padding_of_outputs < padding_of_terms || (padding_of_outputs == padding_of_terms && output_chunk >= terms);
}

}  // namespace fcn::conv_gradient
