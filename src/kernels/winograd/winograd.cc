#include "kernels/winograd/winograd.h"

#include <algorithm>

#include "base/check.h"
#include "hwy/base.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/blocking.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/tile.h"

namespace fcn::winograd {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

/// How an axis of the input looks to the outputs of one phase: every dilation-th pixel from `base` on, `size` of them;
/// the phase's output i reads them from i + offset on.
struct InputPhase {
  int64_t base, size, offset;

  InputPhase(int64_t phase, int64_t padding, int64_t dilation, int64_t input_size) {
    const int64_t begin = phase - padding;
    base = (begin % dilation + dilation) % dilation;
    offset = (begin - base) / dilation;
    size = (input_size - base + dilation - 1) / dilation;
  }
};

/// What the phases of a block share.
struct Work {
  const ConvProblem& problem;
  const Blocking& blocking;
  const GemmKernels& gemm;
  const TransformKernels& transforms;
  OutputFunction transform_output;
  TensorView<const float> input;
  const float* packed;
  const Epilogue& epilogue;
  TensorView<float> output;
  bool pooled;  ///< whether `output` is what 2×2 windows of the convolution's leave

  struct Place {
    int64_t n;
    AxisTiles::Place y, x;
  };
  Place PlaceOf(int64_t tile) const {
    const int64_t across = blocking.across.count(), down = blocking.down.count(), row = tile / across;
    return {row / down, blocking.down.At(row % down), blocking.across.At(tile % across)};
  }

  int64_t TilesOf(int64_t block) const { return std::min(blocking.block, blocking.tiles - block * blocking.block); }

  InputTile InputOf(int64_t tile) const {
    const auto [n, y, x] = PlaceOf(tile);
    const Size2& dilation = problem.geometry.dilation;
    const InputPhase rows(y.phase, problem.geometry.padding.top, dilation.h, input.shape.h);
    const InputPhase columns(x.phase, problem.geometry.padding.left, dilation.w, input.shape.w);
    return {.image = input.at(n, rows.base, columns.base),
            .height = rows.size,
            .width = columns.size,
            .row_stride = input.row_stride() * dilation.h,
            .pixel_stride = input.pixel_stride * dilation.w,
            .y = y.first + rows.offset,
            .x = x.first + columns.offset,
            .channels = input.shape.c};
  }

  /// The first channel of `columns` is k.
  OutputTile OutputOf(int64_t tile, int64_t k, int64_t columns) const {
    const auto [n, y, x] = PlaceOf(tile);
    const Size2& dilation = problem.geometry.dilation;
    const int64_t row = y.phase + y.first * dilation.h, column = x.phase + x.first * dilation.w;
    if (pooled) {
      // Rounding down leaves the last row or column out.
      const int64_t top = row / 2, left = column / 2;
      return {.out = output.at(n, top, left) + k,
              .row_stride = output.row_stride(),
              .pixel_stride = output.pixel_stride,
              .rows = std::min(y.count, 2 * (output.shape.h - top)),
              .columns = std::min(x.count, 2 * (output.shape.w - left)),
              .bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + k,
              .residual = nullptr,
              .residual_row_stride = 0,
              .residual_pixel_stride = 0,
              .activation = epilogue.activation,
              .slopes = nullptr,
              .channels = columns};
    }
    const TensorView<const float>& residual = epilogue.residual;
    return {.out = output.at(n, row, column) + k,
            .row_stride = output.row_stride() * dilation.h,
            .pixel_stride = output.pixel_stride * dilation.w,
            .rows = y.count,
            .columns = x.count,
            .bias = epilogue.bias == nullptr ? nullptr : epilogue.bias + k,
            .residual = residual.data == nullptr ? nullptr : residual.at(n, row, column) + k,
            .residual_row_stride = residual.row_stride() * dilation.h,
            .residual_pixel_stride = residual.pixel_stride * dilation.w,
            .activation = epilogue.activation,
            .slopes = epilogue.slopes == nullptr ? nullptr : epilogue.slopes + k,
            .channels = columns};
  }

  /// Row t of the block's V, at all points.
  void TransformInput(int64_t block, int64_t t, float* v) const {
    transforms.input(InputOf(block * blocking.block + t), v + t * blocking.v_stride, blocking.v_point);
  }

  /// M = V · U at one point, for `columns` output channels from k on; k is a multiple of the panel.
  void Multiply(int64_t block, int64_t point, int64_t k, int64_t columns, const float* v, float* m) const {
    const int64_t inputs = input.shape.c, outputs = output.shape.c;
    const float* u = packed + point * PackedPointFloats(gemm, inputs, outputs);
    m += point * blocking.m_point;
    for (int64_t c = 0; c < inputs; c += kMaxSum) {
      const int64_t count = std::min(kMaxSum, inputs - c);
      GemmEpilogue sum_so_far;
      if (c > 0) {
        sum_so_far.partial = m;
        sum_so_far.partial_stride = blocking.m_stride;
      }
      gemm.multiply(TilesOf(block), columns, count, v + point * blocking.v_point + c, blocking.v_stride, u + k * count,
                    m, blocking.m_stride, sum_so_far);
      u += gemm.packed_floats(count, outputs);
    }
  }

  void TransformOutput(int64_t block, int64_t t, int64_t k, int64_t columns, const float* m) const {
    transform_output(OutputOf(block * blocking.block + t, k, columns), m + t * blocking.m_stride, blocking.m_point);
  }

  /// Brings what the `point`-th of 64 shares of a block's tiles will read to the second-level cache. Inlined by force:
  /// GCC takes a function that only prefetches for one without effect and drops its calls.
  HWY_INLINE void PrefetchInput(int64_t block, int64_t point) const {
    const int64_t rows = TilesOf(block) * kTile;
    for (int64_t i = rows * point / kPoints; i < rows * (point + 1) / kPoints; i++) {
      const InputTile tile = InputOf(block * blocking.block + i / kTile);
      const int64_t y = tile.y + i % kTile;
      if (y < 0 || y >= tile.height) continue;
      // The tile's last columns are the next one's first.
      const int64_t end = std::min(tile.x + blocking.across.per_tile, tile.width);
      for (int64_t x = std::max<int64_t>(tile.x, 0); x < end; x++)
        for (int64_t c = 0; c < tile.channels; c += kLine)
          __builtin_prefetch(tile.image + y * tile.row_stride + x * tile.pixel_stride + c, 0, 2);
    }
  }

  /// Rows or columns that so many of a tile become.
  int64_t Written(int64_t outputs) const { return pooled ? (outputs + 1) / 2 : outputs; }

  /// The same for what they will write.
  HWY_INLINE void PrefetchOutput(int64_t block, int64_t point) const {
    const int64_t per_tile = blocking.down.per_tile, rows = TilesOf(block) * per_tile;
    for (int64_t i = rows * point / kPoints; i < rows * (point + 1) / kPoints; i++) {
      const OutputTile tile = OutputOf(block * blocking.block + i / per_tile, 0, output.shape.c);
      if (i % per_tile >= Written(tile.rows)) continue;
      for (int64_t x = 0; x < Written(tile.columns); x++)
        for (int64_t c = 0; c < tile.channels; c += kLine)
          __builtin_prefetch(tile.out + i % per_tile * tile.row_stride + x * tile.pixel_stride + c, 1, 2);
    }
  }

  /// A block from input to output on the calling thread. Products wait for nothing but the arithmetic, so meanwhile
  /// memory can bring the pixels that are written after them and those that are read for the next block.
  void RunAlone(int64_t block, float* v) const {
    float* m = v + kPoints * blocking.v_point;
    for (int64_t t = 0; t < TilesOf(block); t++) TransformInput(block, t, v);
    for (int64_t point = 0; point < kPoints; point++) {
      Multiply(block, point, 0, blocking.columns, v, m);
      PrefetchOutput(block, point);
      if (block + 1 < blocking.blocks) PrefetchInput(block + 1, point);
    }
    for (int64_t t = 0; t < TilesOf(block); t++) TransformOutput(block, t, 0, blocking.columns, m);
  }

  /// The same with all threads.
  void RunTogether(int64_t block, float* v, const Context& context) const {
    float* m = v + kPoints * blocking.v_point;
    context.Parallel(TilesOf(block), [&](int64_t t, int) { TransformInput(block, t, v); });
    for (int64_t k = 0; k < output.shape.c; k += blocking.columns) {
      const int64_t columns = std::min(blocking.columns, output.shape.c - k);
      context.Parallel(kPoints, [&](int64_t point, int) { Multiply(block, point, k, columns, v, m); });
      context.Parallel(TilesOf(block), [&](int64_t t, int) { TransformOutput(block, t, k, columns, m); });
    }
  }
};

void RunWith(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
             TensorView<float> output, bool pooled, float* scratch, const Context& context) {
  FCN_CHECK(Supports(problem.geometry) && input.shape == problem.input);
  const Blocking blocking = BlockingFor(problem, context.isa());
  const TransformKernels& transforms = TransformKernelsFor(context.isa());
  const int per_tile = OutputsFor(problem.geometry.kernel.h);
  const Work work{.problem = problem,
                  .blocking = blocking,
                  .gemm = GemmKernelsFor(context.isa()),
                  .transforms = transforms,
                  .transform_output = pooled ? transforms.pooled(per_tile) : transforms.output(per_tile),
                  .input = input,
                  .packed = packed,
                  .epilogue = epilogue,
                  .output = output,
                  .pooled = pooled};
  if (blocking.shared) {
    for (int64_t b = 0; b < blocking.blocks; b++) work.RunTogether(b, scratch, context);
  } else {
    context.Parallel(blocking.blocks,
                     [&](int64_t b, int worker) { work.RunAlone(b, scratch + worker * blocking.floats()); });
  }
}

}  // namespace

bool Supports(const ConvGeometry& geometry) {
  const Size2& kernel = geometry.kernel;
  return kernel.h == kernel.w && (kernel.h == 3 || kernel.h == 5 || kernel.h == 7) && geometry.stride == Size2{1, 1} &&
         geometry.groups == 1;
}

int64_t Multiplications(const ConvProblem& problem) {
  return kPoints * problem.output.n * TilesDown(problem).count() * TilesAcross(problem).count();
}

int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  const Blocking blocking = BlockingFor(problem, isa);
  return blocking.floats() * (blocking.shared ? 1 : threads);
}

void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(output.shape == problem.output);
  FCN_CHECK(epilogue.residual.data == nullptr || epilogue.residual.shape == output.shape);
  RunWith(problem, input, packed, epilogue, output, false, scratch, context);
}

void RunPooled(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
               TensorView<float> pooled, float* scratch, const Context& context) {
  const auto half = [](int64_t size, int64_t of) { return size == of / 2 || size == (of + 1) / 2; };
  FCN_CHECK(half(pooled.shape.h, problem.output.h) && half(pooled.shape.w, problem.output.w));
  FCN_CHECK(pooled.shape.n == problem.output.n && pooled.shape.c == problem.output.c);
  FCN_CHECK(epilogue.residual.data == nullptr && (problem.geometry.dilation == Size2{1, 1}));
  RunWith(problem, input, packed, epilogue, pooled, true, scratch, context);
}

}  // namespace fcn::winograd
