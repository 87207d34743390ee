#include "kernels/conv_gradient/streamed_weight.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/conv/streamed.h"
#include "kernels/gemm/gemm.h"

namespace fcn::conv_gradient {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

// Both operands are copied so that what a product reads lies together: pixels by some channels, which at 128 pixels
// stay in a first-level cache.
constexpr int64_t kInputs = 64, kOutputs = 28, kBlock = 128;
// Chunks of inputs that a task multiplies by a group of outputs, and floats that are handed over at a time.
constexpr int64_t kTaskChunks = 16, kPieceFloats = 1 << 20;

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return DivideUp(a, b) * b; }

/// How the work is cut: a function of its size and of the instruction set alone.
struct Pieces {
  Pieces(const ConvProblem& problem, Isa isa)
      : pixels(problem.output.pixels()),
        block(DivideUp(pixels, std::max<int64_t>(1, DivideUp(pixels, kBlock)))),
        inputs(problem.input.c),
        outputs(problem.output.c),
        chunks(DivideUp(inputs, kInputs)),
        group(kOutputs / GemmKernelsFor(isa).rows * GemmKernelsFor(isa).rows),
        group_stride(RoundUp(group, kLine)),
        piece(group * std::clamp<int64_t>(kPieceFloats / (group * inputs), 1, DivideUp(outputs, group))),
        piece_floats(RoundUp(piece * inputs, kLine)) {}

  int64_t pixels, block;
  int64_t inputs, outputs;
  int64_t chunks;               ///< of kInputs inputs
  int64_t group, group_stride;  ///< outputs of a group; floats between its pixels
  int64_t piece, piece_floats;  ///< outputs of a piece, whole groups

  int64_t input_floats() const { return chunks * pixels * kInputs; }
  int64_t gradient_floats() const { return DivideUp(outputs, group) * pixels * group_stride; }
};

/// An image's pixel p, in parts of `part` channels: part i at to + i · part_floats + p · part_stride.
void CopyPixel(TensorView<const float> view, int64_t p, int64_t part, float* to, int64_t part_stride,
               int64_t part_floats) {
  const int64_t row = p / view.shape.w;
  const float* pixel = view.at(row / view.shape.h, row % view.shape.h, p % view.shape.w);
  to += p * part_stride;
  for (int64_t c = 0; c < view.shape.c; c += part, to += part_floats)
    std::copy(pixel + c, pixel + std::min(view.shape.c, c + part), to);
}

}  // namespace

bool PaysStreamedWeight(const ConvProblem& problem) { return conv::PaysStreamed(problem); }

int64_t WeightStreamedScratchFloats(const ConvProblem& problem, Isa isa, int /*threads*/) {
  const Pieces cut(problem, isa);
  return cut.input_floats() + cut.gradient_floats() + 2 * cut.piece_floats;
}

void RunWeightStreamed(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                       FunctionRef<void(int64_t first, std::span<const float> values)> take, float* scratch,
                       const Context& context) {
  FCN_CHECK((problem.geometry.kernel == Size2{1, 1}) && problem.geometry.groups == 1);
  FCN_CHECK(gradient.shape == problem.output && input.shape == problem.input);
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const Pieces cut(problem, context.isa());
  float *inputs = scratch, *gradients = inputs + cut.input_floats(), *pieces = gradients + cut.gradient_floats();
  context.Parallel(cut.pixels, [&](int64_t p, int) {
    CopyPixel(input, p, kInputs, inputs, kInputs, cut.pixels * kInputs);
    CopyPixel(gradient, p, cut.group, gradients, cut.group_stride, cut.pixels * cut.group_stride);
  });
  std::span<const float> done;  // the piece before
  for (int64_t first = 0; first < cut.outputs; first += cut.piece) {
    const int64_t count = std::min(cut.piece, cut.outputs - first), groups = DivideUp(count, cut.group);
    float* const piece = done.data() == pieces ? pieces + cut.piece_floats : pieces;
    // What is done with a piece mostly waits for memory, so it goes on beside the computation of the next.
    const int64_t others = done.empty() ? 0 : 1, shares = DivideUp(cut.chunks, kTaskChunks);
    context.Parallel(others + groups * shares, [&](int64_t task, int) {
      if (task < others) return take(first * cut.inputs - static_cast<int64_t>(done.size()), done);
      const int64_t g = (task - others) / shares * cut.group, share = (task - others) % shares * kTaskChunks;
      const float* a = gradients + (first + g) / cut.group * cut.pixels * cut.group_stride;
      for (int64_t chunk = share; chunk < std::min(cut.chunks, share + kTaskChunks); chunk++) {
        const float* b = inputs + chunk * cut.pixels * kInputs;
        int64_t p = 0;
        do {  // of no pixels the sum is zero
          gemm.multiply_transposed(std::min(cut.group, count - g), std::min(kInputs, cut.inputs - chunk * kInputs),
                                   std::min(cut.block, cut.pixels - p), a + p * cut.group_stride, cut.group_stride,
                                   b + p * kInputs, kInputs, piece + g * cut.inputs + chunk * kInputs, cut.inputs,
                                   p > 0);
        } while ((p += cut.block) < cut.pixels);
      }
    });
    done = {piece, static_cast<size_t>(count * cut.inputs)};
  }
  if (!done.empty()) take(cut.outputs * cut.inputs - static_cast<int64_t>(done.size()), done);
}

}  // namespace fcn::conv_gradient
