// The gradient by the weights: products over pixels, of the gradient and of windows of the input.

#include <algorithm>

#include "base/check.h"
#include "kernels/conv/gather.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/conv_gradient/weight_plan.h"
#include "kernels/conv_gradient/weight_rows.h"

namespace fcn::conv_gradient {
namespace {

// A tile's place in the matrix of its group, and its size: chunks at the end may be smaller.
struct Tile {
  int64_t group, input, inputs, output, outputs;
};

Tile TileAt(const WeightPlan& plan, int64_t index) {
  const int64_t output = index % plan.output_chunks * plan.output_chunk;
  const int64_t input = index / plan.output_chunks % plan.input_chunks * plan.input_chunk;
  return {index / plan.output_chunks / plan.input_chunks, input, std::min(plan.input_chunk, plan.inputs - input),
          output, std::min(plan.output_chunk, plan.outputs - output)};
}

// The sum of one segment. `gathered` is a worker's scratch.
void SumSegment(const ConvProblem& problem, const WeightPlan& plan, const GemmKernels& gemm, const Tile& tile,
                int64_t first, TensorView<const float> gradient, TensorView<const float> input, float* gathered,
                float* sums) {
  const int64_t terms = tile.inputs * plan.taps, end = std::min(plan.pixels, first + plan.segment);
  const int64_t input_channel = tile.group * plan.inputs + tile.input;
  const int64_t output_channel = tile.group * plan.outputs + tile.output;
  bool accumulate = false;
  do {
    const int64_t count = std::min(plan.block, end - first);
    const float* g = gradient.data + first * gradient.pixel_stride + output_channel;
    const float* windows = input.data + first * input.pixel_stride + input_channel;
    if (!plan.in_place) {
      conv::Gather(problem, input, input_channel, tile.inputs, first, count, 0, terms, terms, gathered);
      windows = gathered;
    }
    const int64_t stride = plan.in_place ? input.pixel_stride : terms;
    if (plan.vectors_of_outputs) {
      gemm.multiply_transposed(terms, tile.outputs, count, windows, stride, g, gradient.pixel_stride, sums,
                               tile.outputs, accumulate);
    } else {
      gemm.multiply_transposed(tile.outputs, terms, count, g, gradient.pixel_stride, windows, stride, sums, terms,
                               accumulate);
    }
    first += count;
    accumulate = true;
  } while (first < end);
}

// Adds up a tile's `parts`, part_stride apart, into the first, and writes it to the OIHW weights. The tile's terms are
// taps × inputs, as windows are gathered.
void StoreTile(const WeightPlan& plan, const Tile& tile, float* parts, int64_t count, int64_t part_stride,
               float* output) {
  const int64_t terms = tile.inputs * plan.taps, floats = terms * tile.outputs;
  for (int64_t part = 1; part < count; part++)
    for (int64_t i = 0; i < floats; i++) parts[i] += parts[part * part_stride + i];
  const int64_t term_stride = plan.vectors_of_outputs ? tile.outputs : 1;
  const int64_t output_stride = plan.vectors_of_outputs ? 1 : terms;
  for (int64_t k = 0; k < tile.outputs; k++) {
    const float* from = parts + k * output_stride;
    float* to = output + ((tile.group * plan.outputs + tile.output + k) * plan.inputs + tile.input) * plan.taps;
    for (int64_t tap = 0; tap < plan.taps; tap++)
      for (int64_t c = 0; c < tile.inputs; c++, from += term_stride) to[c * plan.taps + tap] = *from;
  }
}

}  // namespace

int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  if (SumsRowsInPlace(problem)) return WeightRowsScratchFloats(problem);
  const WeightPlan plan(problem, GemmKernelsFor(isa));
  return plan.shared_floats() + threads * plan.worker_floats();
}

void RunWeight(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
               float* output, float* scratch, const Context& context) {
  FCN_CHECK(gradient.shape == problem.output && input.shape == problem.input);
  if (SumsRowsInPlace(problem)) {
    RunWeightRows(problem, gradient, input, output, scratch, context);
    return;
  }
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const WeightPlan plan(problem, gemm);
  float* workers = scratch + plan.shared_floats();
  // Tasks that follow each other share their pixels.
  context.Parallel(plan.segments * plan.tiles(), [&](int64_t task, int worker) {
    const int64_t segment = task / plan.tiles();
    const Tile tile = TileAt(plan, task % plan.tiles());
    float* gathered = workers + worker * plan.worker_floats();
    float* sums = plan.segments == 1 ? gathered + plan.gathered_floats() : scratch + task * plan.tile_floats();
    SumSegment(problem, plan, gemm, tile, segment * plan.segment, gradient, input, gathered, sums);
    if (plan.segments == 1) StoreTile(plan, tile, sums, 1, 0, output);
  });
  if (plan.segments == 1) return;
  context.Parallel(plan.tiles(), [&](int64_t index, int) {
    StoreTile(plan, TileAt(plan, index), scratch + index * plan.tile_floats(), plan.segments,
              plan.tiles() * plan.tile_floats(), output);
  });
}

}  // namespace fcn::conv_gradient
