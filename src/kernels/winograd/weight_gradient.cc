#include "kernels/winograd/weight_gradient.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms.h"
#include "kernels/winograd/weight_blocking.h"
#include "kernels/winograd/weight_transforms.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

// Inputs whose weights one task transforms back: their rows of M are read, and their weights written, a few hundred
// bytes at a time.
constexpr int64_t kStripInputs = 8;

const WeightTransformKernels& TransformsOf(Isa isa, int taps) {
  const WeightTransforms& transforms = WeightTransformsFor(isa);
  return taps == 3 ? transforms.taps3 : taps == 5 ? transforms.taps5 : transforms.taps7;
}

/// Every `dilation`-th pixel of an image, from `first` on, which may lie outside: an image of its own, in which `first`
/// has the place (y, x).
InputTile Samples(TensorView<const float> view, int64_t n, Size2 dilation, int64_t first_y, int64_t first_x) {
  const auto phase = [](int64_t first, int64_t step) { return (first % step + step) % step; };
  const auto count = [](int64_t size, int64_t from, int64_t step) { return (size - from + step - 1) / step; };
  const int64_t top = phase(first_y, dilation.h), left = phase(first_x, dilation.w);
  return {.image = view.at(n, 0, 0) + top * view.row_stride() + left * view.pixel_stride,
          .height = count(view.shape.h, top, dilation.h),
          .width = count(view.shape.w, left, dilation.w),
          .row_stride = view.row_stride() * dilation.h,
          .pixel_stride = view.pixel_stride * dilation.w,
          .y = (first_y - top) / dilation.h,
          .x = (first_x - left) / dilation.w,
          .channels = 0};
}

/// What the phases of a chunk share: `inputs` and `outputs` from `input_channel` and `output_channel` on.
struct Chunk {
  const ConvProblem& problem;
  const WeightBlocking& blocking;
  const GemmKernels& gemm;
  const TransformKernels& input_transforms;
  const WeightTransformKernels& weight_transforms;
  TensorView<const float> gradient, input;
  float *v, *w, *m;
  int64_t input_channel = 0, inputs = 0, output_channel = 0, outputs = 0;

  int64_t TilesOf(int64_t block) const { return std::min(blocking.block, blocking.tiles - block * blocking.block); }

  struct Place {
    int64_t n, y, x;  ///< image, and the tile's first pixel of the gradient
  };
  Place PlaceOf(int64_t tile) const {
    const int64_t row = tile / blocking.tiles_across, phase_row = row / blocking.tiles_down;
    const int64_t phase = phase_row / blocking.dilation.w, tile_y = row % blocking.tiles_down;
    return {phase / blocking.dilation.h, phase % blocking.dilation.h + tile_y * blocking.outputs * blocking.dilation.h,
            phase_row % blocking.dilation.w + tile % blocking.tiles_across * blocking.outputs * blocking.dilation.w};
  }

  /// Row t of the block's V, at all points.
  void TransformInput(int64_t block, int64_t t) const {
    const auto [n, y, x] = PlaceOf(block * blocking.block + t);
    const Padding& padding = problem.geometry.padding;
    InputTile tile = Samples(input, n, blocking.dilation, y - padding.top, x - padding.left);
    tile.image += input_channel;
    tile.channels = inputs;
    input_transforms.input(tile, v + t * blocking.v_stride, blocking.v_point);
  }

  /// Row t of the block's W, at all points.
  void TransformGradient(int64_t block, int64_t t) const {
    const auto [n, y, x] = PlaceOf(block * blocking.block + t);
    InputTile tile = Samples(gradient, n, blocking.dilation, y, x);
    tile.image += output_channel;
    tile.channels = outputs;
    weight_transforms.gradient(tile, w + t * blocking.w_stride, blocking.w_point);
  }

  /// M += Vᵀ · W at one point.
  void Multiply(int64_t block, int64_t point) const {
    gemm.multiply_transposed(inputs, outputs, TilesOf(block), v + point * blocking.v_point, blocking.v_stride,
                             w + point * blocking.w_point, blocking.w_stride, m + point * blocking.m_point,
                             blocking.m_stride, block > 0);
  }

  /// The weights of a strip of inputs.
  void TransformWeights(int64_t strip, float* output) const {
    const int64_t first = strip * kStripInputs, taps = int64_t{blocking.taps} * blocking.taps;
    weight_transforms.weight({.m = m + first * blocking.m_stride,
                              .m_stride = blocking.m_stride,
                              .point_stride = blocking.m_point,
                              .out = output + (output_channel * problem.input.c + input_channel + first) * taps,
                              .output_stride = problem.input.c * taps,
                              .inputs = std::min(kStripInputs, inputs - first),
                              .outputs = outputs});
  }
};

}  // namespace

bool SupportsWeightGradient(const ConvGeometry& geometry) {
  const Size2 kernel = geometry.kernel;
  return kernel.h == kernel.w && (kernel.h == 3 || kernel.h == 5 || kernel.h == 7) && geometry.stride == Size2{1, 1} &&
         geometry.groups == 1;
}

int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int /*threads*/) {
  return WeightBlockingFor(problem, isa).floats();
}

void RunWeight(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
               float* output, float* scratch, const Context& context) {
  FCN_CHECK(SupportsWeightGradient(problem.geometry));
  FCN_CHECK(gradient.shape == problem.output && input.shape == problem.input);
  const WeightBlocking blocking = WeightBlockingFor(problem, context.isa());
  if (blocking.tiles == 0) {
    std::fill_n(output, problem.output.c * problem.input.c * blocking.taps * blocking.taps, 0.0f);
    return;
  }
  Chunk chunk{.problem = problem,
              .blocking = blocking,
              .gemm = GemmKernelsFor(context.isa()),
              .input_transforms = TransformKernelsFor(context.isa()),
              .weight_transforms = TransformsOf(context.isa(), blocking.taps),
              .gradient = gradient,
              .input = input,
              .v = scratch,
              .w = scratch + kPoints * blocking.v_point,
              .m = scratch + kPoints * (blocking.v_point + blocking.w_point)};
  for (int64_t i = 0; i < blocking.input_chunks * blocking.output_chunks; i++) {
    chunk.input_channel = i / blocking.output_chunks * blocking.input_chunk;
    chunk.inputs = std::min(blocking.input_chunk, problem.input.c - chunk.input_channel);
    chunk.output_channel = i % blocking.output_chunks * blocking.output_chunk;
    chunk.outputs = std::min(blocking.output_chunk, problem.output.c - chunk.output_channel);
    for (int64_t block = 0; block < blocking.blocks; block++) {
      const int64_t tiles = chunk.TilesOf(block);
      // V of all tiles, where one block has them all, serves all outputs.
      const bool has_v = blocking.blocks == 1 && i % blocking.output_chunks > 0;
      context.Parallel(has_v ? tiles : 2 * tiles, [&](int64_t t, int) {
        t < tiles ? chunk.TransformGradient(block, t) : chunk.TransformInput(block, t - tiles);
      });
      context.Parallel(kPoints, [&](int64_t point, int) { chunk.Multiply(block, point); });
    }
    context.Parallel((chunk.inputs + kStripInputs - 1) / kStripInputs,
                     [&](int64_t strip, int) { chunk.TransformWeights(strip, output); });
  }
}

}  // namespace fcn::winograd
