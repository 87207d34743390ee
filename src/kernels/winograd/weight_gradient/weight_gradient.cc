#include "kernels/winograd/weight_gradient/weight_gradient.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/weight_gradient.h"
#include "kernels/winograd/weight_gradient/blocking.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

// Inputs whose weights one task transforms back: their rows of M are read, and their weights written, a few hundred
// bytes at a time.
constexpr int64_t kStripInputs = 8;
constexpr int64_t kTaskTiles = 8;  // whose columns one task transforms

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

const WeightTransformKernels& TransformsOf(Isa isa, int taps) {
  const WeightTransforms& transforms = WeightTransformsFor(isa);
  return taps == 3 ? transforms.taps3 : taps == 5 ? transforms.taps5 : transforms.taps7;
}

/// Every `dilation`-th pixel of an image, from `first` on, which may lie outside: an image of its own, in which `first`
/// has the place (y, x).
PixelColumns Samples(TensorView<const float> view, int64_t n, Size2 dilation, int64_t first_y, int64_t first_x) {
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
          .count = 0,
          .channels = 0};
}

/// A chunk of the weights: `inputs` and `outputs` from `input_channel` and `output_channel` on.
struct Chunk {
  int64_t input_channel, inputs, output_channel, outputs;
};

struct Work {
  const ConvProblem& problem;
  const WeightBlocking& blocking;
  const GemmKernels& gemm;
  const WeightTransformKernels& transforms;
  TensorView<const float> gradient, input;

  Chunk ChunkOf(int64_t index) const {
    const int64_t first_input = index / blocking.output_chunks * blocking.input_chunk;
    const int64_t first_output = index % blocking.output_chunks * blocking.output_chunk;
    return {first_input, std::min(blocking.input_chunk, problem.input.c - first_input), first_output,
            std::min(blocking.output_chunk, problem.output.c - first_output)};
  }

  int64_t TilesOf(int64_t strip) const {
    return std::min(blocking.strip, blocking.tiles_across - strip % blocking.strips_across * blocking.strip);
  }

  struct Place {
    int64_t n, y, x;  ///< image, and the tile's first pixel of the gradient
  };
  /// Of tile t of a strip.
  Place PlaceOf(int64_t strip, int64_t t) const {
    const int64_t row = strip / blocking.strips_across, phase_row = row / blocking.tiles_down;
    const int64_t phase = phase_row / blocking.dilation.w, tile_y = row % blocking.tiles_down;
    const int64_t tile_x = strip % blocking.strips_across * blocking.strip + t;
    return {phase / blocking.dilation.h, phase % blocking.dilation.h + tile_y * blocking.outputs * blocking.dilation.h,
            phase_row % blocking.dilation.w + tile_x * blocking.outputs * blocking.dilation.w};
  }

  /// Transforms the columns of up to kTaskTiles tiles, from t on, of strip s of the block that begins with strip
  /// `first`. The strip's last tile has those that others share with the next one, too.
  void TransformColumns(const Chunk& chunk, int64_t first, int64_t s, int64_t t, float* columns) const {
    const int64_t tiles = TilesOf(first + s), end = std::min(t + kTaskTiles, tiles);
    const auto [n, y, x] = PlaceOf(first + s, t);
    const Padding& padding = problem.geometry.padding;
    PixelColumns pixels = Samples(input, n, blocking.dilation, y - padding.top, x - padding.left);
    pixels.image += chunk.input_channel;
    pixels.channels = chunk.inputs;
    pixels.count = (end - t) * blocking.outputs + (end == tiles ? blocking.taps - 1 : 0);
    transforms.input_columns(pixels, InputColumns(columns, s, t), blocking.input_column, blocking.input_row);
    pixels = Samples(gradient, n, blocking.dilation, y, x);
    pixels.image += chunk.output_channel;
    pixels.channels = chunk.outputs;
    pixels.count = (end - t) * blocking.outputs;
    transforms.gradient_columns(pixels, GradientColumns(columns, s, t), blocking.gradient_column,
                                blocking.gradient_row);
  }

  /// Where the first column of tile t of a block's strip s is, in the first row of points.
  float* InputColumns(float* columns, int64_t s, int64_t t) const {
    return columns + s * blocking.input_strip + t * blocking.outputs * blocking.input_column;
  }
  float* GradientColumns(float* columns, int64_t s, int64_t t) const {
    return columns + kTile * blocking.input_row + s * blocking.gradient_strip +
           t * blocking.outputs * blocking.gradient_column;
  }

  /// M += Vᵀ · W at the eight points of a row, over the tiles of a block.
  void MultiplyRow(const Chunk& chunk, int64_t first, int64_t strips, int64_t row, float* columns, float* v,
                   float* m) const {
    float* w = v + kTile * blocking.v_point;
    bool accumulate = first > 0;
    int64_t filled = 0;  // tiles that V and W have
    const auto multiply = [&] {
      for (int64_t point = 0; point < kTile; point++)
        gemm.multiply_transposed(chunk.inputs, chunk.outputs, filled, v + point * blocking.v_point, blocking.v_stride,
                                 w + point * blocking.w_point, blocking.w_stride, m + point * blocking.m_point,
                                 blocking.m_stride, accumulate);
      accumulate = true;
      filled = 0;
    };
    for (int64_t s = 0; s < strips; s++)
      for (int64_t t = 0, tiles = TilesOf(first + s), count; t < tiles; t += count) {
        count = std::min(tiles - t, blocking.sum - filled);
        transforms.input_row({.columns = InputColumns(columns, s, t) + row * blocking.input_row,
                              .column_stride = blocking.input_column,
                              .count = count,
                              .channels = chunk.inputs},
                             v + filled * blocking.v_stride, blocking.v_stride, blocking.v_point);
        transforms.gradient_row({.columns = GradientColumns(columns, s, t) + row * blocking.gradient_row,
                                 .column_stride = blocking.gradient_column,
                                 .count = count,
                                 .channels = chunk.outputs},
                                w + filled * blocking.w_stride, blocking.w_stride, blocking.w_point);
        filled += count;
        if (filled == blocking.sum) multiply();
      }
    if (filled > 0) multiply();
  }

  /// The weights of a strip of inputs.
  void TransformWeights(const Chunk& chunk, int64_t strip, const float* m, float* output) const {
    const int64_t first = strip * kStripInputs, taps = int64_t{blocking.taps} * blocking.taps;
    transforms.weight({.m = m + first * blocking.m_stride,
                       .m_stride = blocking.m_stride,
                       .point_stride = blocking.m_point,
                       .out = output + (chunk.output_channel * problem.input.c + chunk.input_channel + first) * taps,
                       .output_stride = problem.input.c * taps,
                       .input_stride = taps,
                       .inputs = std::min(kStripInputs, chunk.inputs - first),
                       .outputs = chunk.outputs});
  }
};

}  // namespace

bool SupportsWeightGradient(const ConvGeometry& geometry) {
  const Size2 kernel = geometry.kernel;
  return kernel.h == kernel.w && (kernel.h == 3 || kernel.h == 5 || kernel.h == 7) && geometry.stride == Size2{1, 1} &&
         geometry.groups == 1;
}

int64_t WeightScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  const WeightBlocking blocking = WeightBlockingFor(problem, isa);
  return blocking.columns_floats() + blocking.m_floats() + threads * blocking.worker_floats();
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
  const Work work{.problem = problem,
                  .blocking = blocking,
                  .gemm = GemmKernelsFor(context.isa()),
                  .transforms = TransformsOf(context.isa(), blocking.taps),
                  .gradient = gradient,
                  .input = input};
  float* columns = scratch;  // of the input, and then of the gradient
  float *m = columns + blocking.columns_floats(), *workers = m + blocking.m_floats();
  const int64_t pieces = DivideUp(blocking.strip, kTaskTiles);
  for (int64_t i = 0; i < blocking.input_chunks * blocking.output_chunks; i++) {
    const Chunk chunk = work.ChunkOf(i);
    for (int64_t first = 0; first < blocking.strips; first += blocking.block) {
      const int64_t strips = std::min(blocking.block, blocking.strips - first);
      context.Parallel(strips * pieces, [&](int64_t task, int) {
        const int64_t s = task / pieces, t = task % pieces * kTaskTiles;
        if (t < work.TilesOf(first + s)) work.TransformColumns(chunk, first, s, t, columns);
      });
      context.Parallel(kTile, [&](int64_t row, int worker) {
        work.MultiplyRow(chunk, first, strips, row, columns, workers + worker * blocking.worker_floats(),
                         m + row * kTile * blocking.m_point);
      });
    }
    context.Parallel(DivideUp(chunk.inputs, kStripInputs),
                     [&](int64_t strip, int) { work.TransformWeights(chunk, strip, m, output); });
  }
}

}  // namespace fcn::winograd
