#include "kernels/winograd/weight_gradient.h"

#include <algorithm>

#include "base/check.h"
#include "hwy/base.h"
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
constexpr int64_t kTaskTiles = 4;  // tiles in a row share pixels
constexpr int64_t kLine = 16;      // floats in a cache line

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

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

/// A chunk of the weights: `inputs` and `outputs` from `input_channel` and `output_channel` on.
struct Chunk {
  int64_t input_channel, inputs, output_channel, outputs;
};

struct Work {
  const ConvProblem& problem;
  const WeightBlocking& blocking;
  const GemmKernels& gemm;
  const TransformKernels& input_transforms;
  const WeightTransformKernels& weight_transforms;
  TensorView<const float> gradient, input;

  Chunk ChunkOf(int64_t index) const {
    const int64_t first_input = index / blocking.output_chunks * blocking.input_chunk;
    const int64_t first_output = index % blocking.output_chunks * blocking.output_chunk;
    return {first_input, std::min(blocking.input_chunk, problem.input.c - first_input), first_output,
            std::min(blocking.output_chunk, problem.output.c - first_output)};
  }

  struct Place {
    int64_t n, y, x;  ///< image, and the tile's first pixel of the gradient
  };
  Place PlaceOf(int64_t tile) const {
    const int64_t row = tile / blocking.tiles_across, phase_row = row / blocking.tiles_down;
    const int64_t phase = phase_row / blocking.dilation.w, tile_y = row % blocking.tiles_down;
    return {phase / blocking.dilation.h, phase % blocking.dilation.h + tile_y * blocking.outputs * blocking.dilation.h,
            phase_row % blocking.dilation.w + tile % blocking.tiles_across * blocking.outputs * blocking.dilation.w};
  }
  InputTile InputOf(const Chunk& chunk, int64_t index) const {
    const auto [n, y, x] = PlaceOf(index);
    const Padding& padding = problem.geometry.padding;
    InputTile tile = Samples(input, n, blocking.dilation, y - padding.top, x - padding.left);
    tile.image += chunk.input_channel;
    tile.channels = chunk.inputs;
    return tile;
  }
  InputTile GradientOf(const Chunk& chunk, int64_t index) const {
    const auto [n, y, x] = PlaceOf(index);
    InputTile tile = Samples(gradient, n, blocking.dilation, y, x);
    tile.image += chunk.output_channel;
    tile.channels = chunk.outputs;
    return tile;
  }

  /// Row t of V and W of the block that begins with tile `first`.
  void TransformTile(const Chunk& chunk, int64_t first, int64_t t, float* v, float* w) const {
    const int64_t index = first + t, ahead = std::min(index + 1, blocking.tiles - 1);
    Transform(weight_transforms.gradient, blocking.outputs, GradientOf(chunk, index), GradientOf(chunk, ahead),
              w + t * blocking.w_stride, blocking.w_point);
    Transform(input_transforms.input, kTile, InputOf(chunk, index), InputOf(chunk, ahead), v + t * blocking.v_stride,
              blocking.v_point);
  }

  /// One tile of size × size pixels, a cache line of channels at a time; each time the same line of the next tile's
  /// pixels is asked for. They lie too far apart for a processor to foresee.
  static HWY_INLINE void Transform(void (*transform)(const InputTile&, float*, int64_t), int64_t size, InputTile tile,
                                   const InputTile& next, float* to, int64_t point_stride) {
    const int64_t channels = tile.channels;
    const int64_t top = std::max<int64_t>(0, next.y), bottom = std::min(next.height, next.y + size);
    const int64_t left = std::max<int64_t>(0, next.x), right = std::min(next.width, next.x + size);
    for (int64_t channel = 0; channel < channels; channel += kLine) {
      for (int64_t y = top; y < bottom; y++)
        for (int64_t x = left; x < right; x++)
          __builtin_prefetch(next.image + y * next.row_stride + x * next.pixel_stride + channel);
      tile.channels = std::min(kLine, channels - channel);
      transform(tile, to + channel, point_stride);
      tile.image += kLine;
    }
  }

  /// M += Vᵀ · W at one point.
  void Multiply(const Chunk& chunk, int64_t tiles, const float* v, const float* w, float* m, bool accumulate) const {
    gemm.multiply_transposed(chunk.inputs, chunk.outputs, tiles, v, blocking.v_stride, w, blocking.w_stride, m,
                             blocking.m_stride, accumulate);
  }

  /// The weights of a strip of inputs.
  void TransformWeights(const Chunk& chunk, int64_t strip, const float* m, float* output) const {
    const int64_t first = strip * kStripInputs, taps = int64_t{blocking.taps} * blocking.taps;
    weight_transforms.weight(
        {.m = m + first * blocking.m_stride,
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
  const Work work{.problem = problem,
                  .blocking = blocking,
                  .gemm = GemmKernelsFor(context.isa()),
                  .input_transforms = TransformKernelsFor(context.isa()),
                  .weight_transforms = TransformsOf(context.isa(), blocking.taps),
                  .gradient = gradient,
                  .input = input};
  float *v = scratch, *w = v + kPoints * blocking.v_point, *m = w + kPoints * blocking.w_point;
  for (int64_t i = 0; i < blocking.input_chunks * blocking.output_chunks; i++) {
    const Chunk chunk = work.ChunkOf(i);
    for (int64_t first = 0; first < blocking.tiles; first += blocking.block) {
      const int64_t tiles = std::min(blocking.block, blocking.tiles - first);
      context.Parallel(DivideUp(tiles, kTaskTiles), [&](int64_t task, int) {
        for (int64_t t = task * kTaskTiles; t < std::min(tiles, (task + 1) * kTaskTiles); t++)
          work.TransformTile(chunk, first, t, v, w);
      });
      context.Parallel(kPoints, [&](int64_t point, int) {
        work.Multiply(chunk, tiles, v + point * blocking.v_point, w + point * blocking.w_point,
                      m + point * blocking.m_point, first > 0);
      });
    }
    context.Parallel(DivideUp(chunk.inputs, kStripInputs),
                     [&](int64_t strip, int) { work.TransformWeights(chunk, strip, m, output); });
  }
}

}  // namespace fcn::winograd
