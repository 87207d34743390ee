#include "kernels/winograd/streamed/weight_gradient.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/streamed/streamed.h"
#include "kernels/winograd/streamed/tiles.h"
#include "kernels/winograd/transforms/data_gradient.h"
#include "kernels/winograd/transforms/weight_gradient.h"

namespace fcn::winograd {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

// V stays in a last-level cache.
constexpr int64_t kMaxV = 4 << 20;
// A task's M, 64 points of a group of outputs and a chunk of inputs, stays in a second-level cache: 448 KiB of outputs
// that fill two micro-kernels or four.
constexpr int64_t kInputs = 64, kOutputs = 28;
// What is handed over at a time stays in the last-level cache.
constexpr int64_t kPieceFloats = 3 << 19;
// Tiles that are summed before they are added to M: sums of fixed length stay accurate.
constexpr int64_t kMaxBlock = 128;

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return DivideUp(a, b) * b; }

// An odd number of cache lines: what lies one below the other then falls into different sets of the cache.
int64_t OddLines(int64_t floats) { return (DivideUp(floats, kLine) | 1) * kLine; }

/// How the work is cut: a function of its size and of the instruction set alone.
struct PieceBlocking {
  PieceBlocking(const ConvProblem& problem, Isa isa)
      : tiles(Tiles(problem).count()),
        block(DivideUp(tiles, std::max<int64_t>(1, DivideUp(tiles, kMaxBlock)))),
        inputs(problem.input.c),
        outputs(problem.output.c),
        taps(int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w),
        chunks(DivideUp(inputs, kInputs)),
        group(kOutputs / GemmKernelsFor(isa).rows * GemmKernelsFor(isa).rows),
        groups(std::clamp<int64_t>(kPieceFloats / (group * inputs * taps), 1, DivideUp(outputs, group))),
        v_point(OddLines(tiles * kInputs)),
        w_stride(RoundUp(group, kLine)),
        w_point(OddLines(tiles * w_stride)),
        m_point(OddLines(group * kInputs)) {}

  int64_t tiles, block;
  int64_t inputs, outputs, taps;
  int64_t chunks;             ///< of kInputs inputs
  int64_t group, groups;      ///< outputs of a task's M, and as many of them as make a piece
  int64_t v_point;            ///< V of a chunk, tiles × kInputs: floats between points
  int64_t w_stride, w_point;  ///< W of a group, tiles × outputs: floats between tiles and between points
  int64_t m_point;            ///< M, outputs × kInputs

  int64_t v_floats() const { return kPoints * v_point; }
  int64_t w_floats() const { return kPoints * w_point; }
  int64_t m_floats() const { return kPoints * m_point; }
  int64_t piece_floats() const { return RoundUp(groups * group * inputs * taps, kLine); }
  int64_t floats(int threads) const {
    return chunks * v_floats() + groups * w_floats() + 2 * piece_floats() + threads * m_floats();
  }
};

}  // namespace

bool SupportsStreamedWeight(const ConvProblem& problem) {
  return SupportsStreamed(problem.geometry) && kPoints * Tiles(problem).count() * problem.input.c <= kMaxV;
}

int64_t WeightStreamedScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  return PieceBlocking(problem, isa).floats(threads);
}

void RunWeightStreamed(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                       FunctionRef<void(int64_t first, std::span<const float> values)> take, float* scratch,
                       const Context& context) {
  FCN_CHECK(SupportsStreamedWeight(problem) && gradient.shape == problem.output && input.shape == problem.input);
  const PieceBlocking b(problem, context.isa());
  const Tiles tiles(problem);
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const TransformKernels& input_transforms = TransformKernelsFor(context.isa());
  const auto transform_gradient = DataTransformsFor(context.isa()).filters.of(static_cast<int>(tiles.per_tile));
  const WeightTransforms& weight_transforms = WeightTransformsFor(context.isa());
  const int width = problem.geometry.kernel.h;
  const auto transform_weights = (width == 3   ? weight_transforms.taps3
                                  : width == 5 ? weight_transforms.taps5
                                               : weight_transforms.taps7)
                                     .weight;
  float *v = scratch, *w = v + b.chunks * b.v_floats(), *pieces = w + b.groups * b.w_floats();
  float* sums = pieces + 2 * b.piece_floats();

  context.Parallel(b.tiles, [&](int64_t tile, int) {
    const auto [n, y, x] = tiles.At(tile);
    for (int64_t chunk = 0; chunk < b.chunks; chunk++) {
      const Span channels{chunk * kInputs, std::min(kInputs, b.inputs - chunk * kInputs)};
      input_transforms.input(TileOf(input, n, y - tiles.padding.top, x - tiles.padding.left, channels),
                             v + chunk * b.v_floats() + tile * kInputs, b.v_point);
    }
  });
  const int64_t row = b.inputs * b.taps;
  std::span<const float> done;  // the piece before
  for (int64_t first = 0; first < b.outputs; first += b.groups * b.group) {
    const int64_t end = std::min(b.outputs, first + b.groups * b.group), groups = DivideUp(end - first, b.group);
    context.Parallel(b.tiles, [&](int64_t tile, int) {
      const auto [n, y, x] = tiles.At(tile);
      for (int64_t g = 0; g < groups; g++) {
        const int64_t output = first + g * b.group;
        transform_gradient(TileOf(gradient, n, y, x, {output, std::min(b.group, end - output)}),
                           w + g * b.w_floats() + tile * b.w_stride, b.w_point);
      }
    });
    float* const piece = done.data() == pieces ? pieces + b.piece_floats() : pieces;
    // What is done with a piece mostly waits for memory, so it goes on beside the computation of the next.
    const int64_t others = done.empty() ? 0 : 1;
    context.Parallel(others + groups * b.chunks, [&](int64_t task, int worker) {
      if (task < others) return take(first * row - static_cast<int64_t>(done.size()), done);
      const int64_t g = (task - others) / b.chunks, chunk = (task - others) % b.chunks;
      const int64_t outputs = std::min(b.group, end - first - g * b.group);
      const int64_t inputs = std::min(kInputs, b.inputs - chunk * kInputs);
      float* m = sums + worker * b.m_floats();
      for (int64_t point = 0; point < kPoints; point++) {
        int64_t t = 0;
        do {  // of no tiles the sum is zero
          gemm.multiply_transposed(outputs, inputs, std::min(b.block, b.tiles - t),
                                   w + g * b.w_floats() + point * b.w_point + t * b.w_stride, b.w_stride,
                                   v + chunk * b.v_floats() + point * b.v_point + t * kInputs, kInputs,
                                   m + point * b.m_point, kInputs, t > 0);
        } while ((t += b.block) < b.tiles);
      }
      // Vectors run over inputs, whose weights lie side by side.
      transform_weights({.m = m,
                         .m_stride = kInputs,
                         .point_stride = b.m_point,
                         .out = piece + (g * b.group * b.inputs + chunk * kInputs) * b.taps,
                         .output_stride = b.taps,
                         .input_stride = b.inputs * b.taps,
                         .inputs = outputs,
                         .outputs = inputs});
    });
    done = {piece, static_cast<size_t>((end - first) * row)};
  }
  if (!done.empty()) take(b.outputs * row - static_cast<int64_t>(done.size()), done);
}

}  // namespace fcn::winograd
