#include "kernels/conv/conv.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/conv/gather.h"
#include "kernels/conv/plan.h"

namespace fcn::conv {
namespace {

// Channels whose weights are packed together: a cache line of 16 is read once for all taps of a small kernel.
constexpr int64_t kPackedChannels = 16;

int64_t Taps(const ConvProblem& problem) { return int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w; }

// Slice s of a group is a matrix of its own, packed as gemm.h says, at the group's floats + s · slice · padded_outputs.
// Its elements are value(group, output channel, input channel within the group, tap).
template <typename Value>
void PackValues(const ConvProblem& problem, Isa isa, const Context& context, float* packed, const Value& value) {
  const GemmKernels& gemm = GemmKernelsFor(isa);
  const Plan plan(problem, gemm);
  const int64_t taps = Taps(problem), panels = (plan.outputs + gemm.panel - 1) / gemm.panel;
  context.Parallel(plan.groups * panels, [&](int64_t task, int) {
    const int64_t group = task / panels, column = task % panels * gemm.panel;
    const int64_t columns = std::min<int64_t>(gemm.panel, plan.outputs - column);
    const int64_t width = std::min<int64_t>(gemm.panel, plan.padded_outputs - column);
    const int64_t first_output = group * plan.outputs + column;
    for (int64_t block = 0; block < plan.inputs; block += kPackedChannels) {
      const int64_t block_end = std::min(plan.inputs, block + kPackedChannels);
      for (int64_t tap = 0; tap < taps; tap++) {
        for (int64_t channel = block; channel < block_end; channel++) {
          const int64_t term = tap * plan.inputs + channel, slice_begin = term / plan.slice * plan.slice;
          const int64_t slice = std::min(plan.slice, plan.terms - slice_begin);
          float* to = packed + group * plan.group_floats() + slice_begin * plan.padded_outputs + column * slice +
                      (term - slice_begin) * width;
          for (int64_t j = 0; j < columns; j++) to[j] = value(group, first_output + j, channel, tap);
          std::fill(to + columns, to + width, 0.0f);
        }
      }
    }
  });
}

// The address of a pixel by its number through the batch.
template <typename T>
T* PixelOf(TensorView<T> view, int64_t pixel) {
  const int64_t row = pixel / view.shape.w;
  return view.at(row / view.shape.h, row % view.shape.h, pixel % view.shape.w);
}

}  // namespace

int64_t PackedFloats(const ConvProblem& problem, Isa isa) {
  const Plan plan(problem, GemmKernelsFor(isa));
  return plan.groups * plan.group_floats();
}

void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed) {
  const int64_t inputs = problem.input.c / problem.geometry.groups, taps = Taps(problem);
  PackValues(problem, isa, context, packed, [=](int64_t, int64_t output, int64_t channel, int64_t tap) {
    const float value = weight[(output * inputs + channel) * taps + tap];
    return scale != nullptr ? value * scale[output] : value;
  });
}

void PackMirrored(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed) {
  const int64_t inputs = problem.input.c / problem.geometry.groups, taps = Taps(problem);
  const int64_t outputs = problem.output.c / problem.geometry.groups;
  PackValues(problem, isa, context, packed, [=](int64_t group, int64_t output, int64_t channel, int64_t tap) {
    const int64_t input = group * inputs + channel;
    const float value = weight[(input * outputs + output - group * outputs) * taps + taps - 1 - tap];
    return scale != nullptr ? value * scale[input] : value;
  });
}

int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  return threads * Plan(problem, GemmKernelsFor(isa)).worker_floats();
}

void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(input.shape == problem.input && output.shape == problem.output);
  FCN_CHECK(epilogue.residual.data == nullptr || epilogue.residual.shape == problem.output);
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const Plan plan(problem, gemm);
  const bool flat = output.flat() && (epilogue.residual.data == nullptr || epilogue.residual.flat()) &&
                    (!plan.in_place || input.flat());
  // Tasks that follow each other share their weights.
  context.Parallel(plan.tasks(), [&](int64_t task, int worker) {
    const int64_t first = task % plan.blocks * plan.block, count = std::min(plan.block, plan.pixels - first);
    const int64_t group = task / plan.blocks / plan.chunks, column = task / plan.blocks % plan.chunks * plan.chunk;
    const int64_t columns = std::min(plan.chunk, plan.outputs - column);
    const int64_t output_channel = group * plan.outputs + column, input_channel = group * plan.inputs;
    float* gathered = scratch + worker * plan.worker_floats();
    float* sums = gathered + plan.gathered_floats();
    for (int64_t s = 0; s < plan.slices; s++) {
      const int64_t first_term = s * plan.slice, terms = std::min(plan.slice, plan.terms - first_term);
      if (!plan.in_place)
        Gather(problem, input, input_channel, plan.inputs, first, count, first_term, terms, plan.row_stride, gathered);
      GemmEpilogue e;
      if (s > 0) e.partial = sums, e.partial_stride = columns;
      const bool last = s == plan.slices - 1;
      if (last) {
        e.bias = epilogue.bias != nullptr ? epilogue.bias + output_channel : nullptr;
        e.residual_stride = epilogue.residual.pixel_stride;
        e.activation = epilogue.activation;
        e.slopes = epilogue.slopes != nullptr ? epilogue.slopes + output_channel : nullptr;
      }
      // Pixels of rows with gaps between them are a matrix row by row of the image.
      for (int64_t done = 0; done < count;) {
        const int64_t pixel = first + done;
        const int64_t run = flat ? count : std::min(count - done, problem.output.w - pixel % problem.output.w);
        if (e.partial != nullptr) e.partial = sums + done * columns;
        if (last && epilogue.residual.data != nullptr) e.residual = PixelOf(epilogue.residual, pixel) + output_channel;
        const float* a =
            plan.in_place ? PixelOf(input, pixel) + input_channel + first_term : gathered + done * plan.row_stride;
        gemm.multiply(run, columns, terms, a, plan.in_place ? input.pixel_stride : plan.row_stride,
                      packed + group * plan.group_floats() + first_term * plan.padded_outputs + column * terms,
                      last ? PixelOf(output, pixel) + output_channel : sums + done * columns,
                      last ? output.pixel_stride : columns, e);
        done += run;
      }
    }
  });
}

}  // namespace fcn::conv
