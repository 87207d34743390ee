#include "kernels/winograd/winograd.h"

#include <algorithm>

#include "base/check.h"
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

using Loop = FunctionRef<void(int64_t count, FunctionRef<void(int64_t task, int worker)> body)>;

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

  void InputOf(int64_t tile, float* v) const {
    const auto [n, y, x] = PlaceOf(tile);
    const InputTile in{.image = input.at(n, 0, 0),
                       .height = input.shape.h,
                       .width = input.shape.w,
                       .row_stride = input.row_stride(),
                       .pixel_stride = input.pixel_stride,
                       .y = y - problem.geometry.padding.top,
                       .x = x - problem.geometry.padding.left,
                       .channels = input.shape.c};
    transforms.input(in, v, blocking.v_point);
  }

  void Multiply(int64_t point, int64_t tiles, const float* v, float* m) const {
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
      gemm.multiply(tiles, outputs, count, v + point * blocking.v_point + c, blocking.v_stride, u, m, blocking.m_stride,
                    sum_so_far);
      u += gemm.packed_floats(count, outputs);
    }
  }

  void OutputOf(int64_t tile, const float* m) const {
    const auto [n, y, x] = PlaceOf(tile);
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
    transforms.output(out, m, blocking.m_point);
  }

  void Block(int64_t block, float* scratch, Loop loop) const {
    const int64_t first = block * blocking.block, tiles = std::min(blocking.block, blocking.tiles - first);
    float* v = scratch;
    float* m = scratch + kPoints * blocking.v_point;
    loop(tiles, [&](int64_t t, int) { InputOf(first + t, v + t * blocking.v_stride); });
    loop(kPoints, [&](int64_t point, int) { Multiply(point, tiles, v, m); });
    loop(tiles, [&](int64_t t, int) { OutputOf(first + t, m + t * blocking.m_stride); });
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
  const int taps = problem.geometry.kernel.h;
  const int64_t inputs = problem.input.c, outputs = problem.output.c;
  const int64_t point_floats = PackedPointFloats(gemm, inputs, outputs);
  const int64_t panels = (outputs + gemm.panel - 1) / gemm.panel, chunks = (inputs + kPackInputs - 1) / kPackInputs;
  static_assert(kMaxSum % kPackInputs == 0, "a task's channels belong to one product");

  context.Parallel(panels * chunks, [&](int64_t task, int) {
    const int64_t k = task / chunks * gemm.panel, columns = std::min<int64_t>(gemm.panel, outputs - k);
    const int64_t c = task % chunks * kPackInputs, rows = std::min(kPackInputs, inputs - c);
    const AlignedBuffer<float> u = AllocateAligned<float>(static_cast<size_t>(kPoints * rows * columns));
    TransformFilters(taps, rows, columns, weight + (k * inputs + c) * taps * taps, inputs * taps * taps,
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
    for (int64_t b = 0; b < blocking.blocks; b++)
      work.Block(b, scratch, [&](int64_t count, auto body) { context.Parallel(count, body); });
  } else {
    context.Parallel(blocking.blocks, [&](int64_t b, int worker) {
      work.Block(b, scratch + worker * blocking.floats(), [](int64_t count, auto body) {
        for (int64_t i = 0; i < count; i++) body(i, 0);
      });
    });
  }
}

}  // namespace fcn::winograd
