#include "kernels/winograd/winograd.h"

#include <algorithm>

#include "base/check.h"
#include "hwy/base.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/blocking.h"
#include "kernels/winograd/filter.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

// Input channels that one task of Pack transforms at a time: 64 points of them stay in the second-level cache.
constexpr int64_t kPackInputs = 32;

constexpr int64_t kLine = 16;  // floats in a cache line

/// What the phases of a block share.
struct Work {
  const ConvProblem& problem;
  const Blocking& blocking;
  const GemmKernels& gemm;
  const TransformKernels& transforms;
  TensorView<const float> input;
  const float* packed;
  const Epilogue& epilogue;
  TensorView<float> output;

  struct Place {
    int64_t n, y, x;  ///< image, and the tile's first output
  };
  Place PlaceOf(int64_t tile) const {
    const int64_t row = tile / blocking.tiles_across;
    return {row / blocking.tiles_down, row % blocking.tiles_down * blocking.outputs,
            tile % blocking.tiles_across * blocking.outputs};
  }

  int64_t TilesOf(int64_t block) const { return std::min(blocking.block, blocking.tiles - block * blocking.block); }

  /// Row t of the block's V, at all points.
  void InputOf(int64_t block, int64_t t, float* v) const {
    const auto [n, y, x] = PlaceOf(block * blocking.block + t);
    const InputTile in{.image = input.at(n, 0, 0),
                       .height = input.shape.h,
                       .width = input.shape.w,
                       .row_stride = input.row_stride(),
                       .pixel_stride = input.pixel_stride,
                       .y = y - problem.geometry.padding.top,
                       .x = x - problem.geometry.padding.left,
                       .channels = input.shape.c};
    transforms.input(in, v + t * blocking.v_stride, blocking.v_point);
  }

  /// M = V · U at one point.
  void Multiply(int64_t block, int64_t point, const float* v, float* m) const {
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
      gemm.multiply(TilesOf(block), outputs, count, v + point * blocking.v_point + c, blocking.v_stride, u, m,
                    blocking.m_stride, sum_so_far);
      u += gemm.packed_floats(count, outputs);
    }
  }

  void OutputOf(int64_t block, int64_t t, const float* m) const {
    const auto [n, y, x] = PlaceOf(block * blocking.block + t);
    const TensorView<const float>& residual = epilogue.residual;
    const OutputTile out{.out = output.at(n, y, x),
                         .row_stride = output.row_stride(),
                         .pixel_stride = output.pixel_stride,
                         .rows = std::min<int64_t>(blocking.outputs, output.shape.h - y),
                         .columns = std::min<int64_t>(blocking.outputs, output.shape.w - x),
                         .bias = epilogue.bias,
                         .residual = residual.data == nullptr ? nullptr : residual.at(n, y, x),
                         .residual_row_stride = residual.row_stride(),
                         .residual_pixel_stride = residual.pixel_stride,
                         .activation = epilogue.activation,
                         .channels = output.shape.c};
    transforms.output(out, m + t * blocking.m_stride, blocking.m_point);
  }

  /// Brings the pixels of the `point`-th of 64 shares of a block's tiles to the second-level cache: `rows` of each
  /// tile, which begins `top` and `left` pixels before its outputs. Inlined by force: GCC takes a function that only
  /// prefetches for one without effect and drops its calls.
  template <bool kForWriting, typename T>
  HWY_INLINE void Prefetch(int64_t block, int64_t point, const TensorView<T>& view, int top, int left,
                           int64_t rows) const {
    const int64_t first = block * blocking.block * rows, all = TilesOf(block) * rows;
    for (int64_t i = first + all * point / kPoints; i < first + all * (point + 1) / kPoints; i++) {
      const auto [n, tile_y, tile_x] = PlaceOf(i / rows);
      const int64_t y = tile_y - top + i % rows;
      if (y < 0 || y >= view.shape.h) continue;
      const int64_t x = std::max<int64_t>(tile_x - left, 0);
      const int64_t end = std::min<int64_t>(tile_x - left + blocking.outputs, view.shape.w);
      for (int64_t pixel = x; pixel < end; pixel++)
        for (int64_t c = 0; c < view.shape.c; c += kLine) __builtin_prefetch(view.at(n, y, pixel) + c, kForWriting, 2);
    }
  }

  /// A block from input to output on the calling thread. Products wait for nothing but the arithmetic, so meanwhile
  /// memory can bring the pixels that are written after them and those that are read for the next block.
  void RunAlone(int64_t block, float* v) const {
    float* m = v + kPoints * blocking.v_point;
    for (int64_t t = 0; t < TilesOf(block); t++) InputOf(block, t, v);
    for (int64_t point = 0; point < kPoints; point++) {
      Multiply(block, point, v, m);
      Prefetch<true>(block, point, output, 0, 0, blocking.outputs);
      const Padding& padding = problem.geometry.padding;
      if (block + 1 < blocking.blocks) Prefetch<false>(block + 1, point, input, padding.top, padding.left, kTile);
    }
    for (int64_t t = 0; t < TilesOf(block); t++) OutputOf(block, t, m);
  }

  /// The same with all threads.
  void RunTogether(int64_t block, float* v, const Context& context) const {
    float* m = v + kPoints * blocking.v_point;
    context.Parallel(TilesOf(block), [&](int64_t t, int) { InputOf(block, t, v); });
    context.Parallel(kPoints, [&](int64_t point, int) { Multiply(block, point, v, m); });
    context.Parallel(TilesOf(block), [&](int64_t t, int) { OutputOf(block, t, m); });
  }
};

}  // namespace

bool Supports(const ConvGeometry& geometry) {
  return geometry.kernel == Size2{3, 3} && geometry.stride == Size2{1, 1} && geometry.dilation == Size2{1, 1} &&
         geometry.groups == 1;
}

int64_t PackedFloats(const ConvProblem& problem, Isa isa) {
  return kPoints * PackedPointFloats(GemmKernelsFor(isa), problem.input.c, problem.output.c);
}

void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed) {
  FCN_CHECK(Supports(problem.geometry));
  const GemmKernels& gemm = GemmKernelsFor(isa);
  constexpr int64_t kTaps = 3;
  const int64_t inputs = problem.input.c, outputs = problem.output.c;
  const int64_t point_floats = PackedPointFloats(gemm, inputs, outputs);
  const int64_t panels = (outputs + gemm.panel - 1) / gemm.panel, chunks = (inputs + kPackInputs - 1) / kPackInputs;
  static_assert(kMaxSum % kPackInputs == 0, "a task's channels belong to one product");

  context.Parallel(panels * chunks, [&](int64_t task, int) {
    const int64_t k = task / chunks * gemm.panel, columns = std::min<int64_t>(gemm.panel, outputs - k);
    const int64_t c = task % chunks * kPackInputs, rows = std::min(kPackInputs, inputs - c);
    const AlignedBuffer<float> u = AllocateAligned<float>(static_cast<size_t>(kPoints * rows * columns));
    TransformFilters<kTaps>(rows, columns, weight + (k * inputs + c) * kTaps * kTaps, inputs * kTaps * kTaps,
                            scale == nullptr ? nullptr : scale + k, u.get(), rows * columns);
    // Within its product, the panel begins at a multiple of the product's rows, and is k-major.
    const int64_t product = c / kMaxSum * kMaxSum, product_rows = std::min(kMaxSum, inputs - product);
    float* to = packed + product / kMaxSum * gemm.packed_floats(kMaxSum, outputs) + k * product_rows +
                gemm.packed_floats(c - product, columns);
    for (int64_t p = 0; p < kPoints; p++)
      gemm.pack(rows, columns, u.get() + p * rows * columns, columns, 1, nullptr, to + p * point_floats);
  });
}

int64_t ScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  const Blocking blocking = BlockingFor(problem, isa);
  return blocking.floats() * (blocking.shared ? 1 : threads);
}

void Run(const ConvProblem& problem, TensorView<const float> input, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(Supports(problem.geometry));
  FCN_CHECK(input.shape == problem.input && output.shape == problem.output);
  FCN_CHECK(epilogue.residual.data == nullptr || epilogue.residual.shape == output.shape);
  const Blocking blocking = BlockingFor(problem, context.isa());
  const Work work{.problem = problem,
                  .blocking = blocking,
                  .gemm = GemmKernelsFor(context.isa()),
                  .transforms = TransformKernelsFor(context.isa()),
                  .input = input,
                  .packed = packed,
                  .epilogue = epilogue,
                  .output = output};
  if (blocking.shared) {
    for (int64_t b = 0; b < blocking.blocks; b++) work.RunTogether(b, scratch, context);
  } else {
    context.Parallel(blocking.blocks,
                     [&](int64_t b, int worker) { work.RunAlone(b, scratch + worker * blocking.floats()); });
  }
}

}  // namespace fcn::winograd
