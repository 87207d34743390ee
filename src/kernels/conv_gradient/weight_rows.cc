#include "kernels/conv_gradient/weight_rows.h"

#include <algorithm>

#include "kernels/gemm/gemm.h"

namespace fcn::conv_gradient {
namespace {

constexpr int64_t kMaxWeights = 128 << 10, kMinRow = 16;
constexpr int64_t kMaxSum = 256;  // pixels that are summed at a time
// As many tasks as keep a machine busy, but each of some 10 µs at least; what they leave behind is at most this
// fraction of the operands.
constexpr int64_t kTasks = 32, kMultiplicationsPerTask = 1 << 20, kPartsFraction = 4;
constexpr int64_t kPiece = 4096;  // floats that one task adds up

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

/// How the sum is cut: a function of the problem alone.
struct RowsPlan {
  explicit RowsPlan(const ConvProblem& p)
      : taps(p.geometry.kernel.w),
        run(taps * p.input.c),
        terms(p.geometry.kernel.h * run),
        rows(p.output.n * p.output.h) {
    const int64_t floats = terms * p.output.c;
    const int64_t most = std::min(kTasks, rows * p.output.w * floats / kMultiplicationsPerTask);
    const int64_t operands = p.input.elements() + p.output.elements();
    segment = CeilDiv(rows, std::clamp<int64_t>(operands / (kPartsFraction * floats), 1, std::max<int64_t>(1, most)));
    segments = CeilDiv(rows, segment);
    part_floats = RoundUp(floats, 16);
  }

  int64_t taps, run, terms;         ///< of a kernel's row; times inputs; all of them
  int64_t rows, segment, segments;  ///< of the output, of all images; rows that are summed in one part
  int64_t part_floats;
};

/// One segment's sum: terms × outputs, or outputs × terms.
struct Sum {
  const ConvProblem& problem;
  const RowsPlan& plan;
  const GemmKernels& gemm;
  TensorView<const float> gradient, input;
  bool vectors_of_outputs;
  float* sums;

  void AddRow(int64_t row) const {
    const ConvGeometry& g = problem.geometry;
    const int64_t n = row / problem.output.h, y = row % problem.output.h, width = problem.output.w;
    // Windows from `first` to `last` lie inside of the input from side to side.
    const int64_t first = std::min(width, CeilDiv(g.padding.left, g.stride.w));
    const int64_t room = problem.input.w - g.kernel.w + g.padding.left;
    const int64_t last = room < 0 ? first : std::clamp(room / g.stride.w + 1, first, width);
    for (int64_t tap = 0; tap < g.kernel.h; tap++) {
      const int64_t input_y = y * g.stride.h - g.padding.top + tap * g.dilation.h;
      if (input_y < 0 || input_y >= problem.input.h) continue;
      const float* from = input.at(n, input_y, 0);
      const float* gradients = gradient.at(n, y, 0);
      for (int64_t x = 0; x < first; x++) AddEdge(tap, x, gradients, from);
      for (int64_t x = first; x < last; x += kMaxSum)
        Add(tap, x, std::min(kMaxSum, last - x), 0, plan.taps, gradients, from);
      for (int64_t x = last; x < width; x++) AddEdge(tap, x, gradients, from);
    }
  }

 private:
  /// The part of window x that exists.
  void AddEdge(int64_t row_tap, int64_t x, const float* gradients, const float* from) const {
    const int64_t left = x * problem.geometry.stride.w - problem.geometry.padding.left;
    const int64_t begin = std::max<int64_t>(0, -left), end = std::min(plan.taps, problem.input.w - left);
    if (begin < end) Add(row_tap, x, 1, begin, end, gradients, from);
  }

  /// Taps from `begin` to `end` of a row of the kernel, for `count` windows from x on.
  void Add(int64_t row_tap, int64_t x, int64_t count, int64_t begin, int64_t end, const float* gradients,
           const float* from) const {
    const ConvGeometry& g = problem.geometry;
    if (input.pixel_stride != problem.input.c && end - begin > 1) {
      for (int64_t tap = begin; tap < end; tap++) Add(row_tap, x, count, tap, tap + 1, gradients, from);
      return;
    }
    const int64_t outputs = problem.output.c, terms = (end - begin) * problem.input.c;
    const int64_t term = row_tap * plan.run + begin * problem.input.c;
    const float* windows = from + (x * g.stride.w - g.padding.left + begin) * input.pixel_stride;
    const int64_t window_stride = g.stride.w * input.pixel_stride;
    gradients += x * gradient.pixel_stride;
    if (vectors_of_outputs) {
      gemm.multiply_transposed(terms, outputs, count, windows, window_stride, gradients, gradient.pixel_stride,
                               sums + term * outputs, outputs, true);
    } else {
      gemm.multiply_transposed(outputs, terms, count, gradients, gradient.pixel_stride, windows, window_stride,
                               sums + term, plan.terms, true);
    }
  }
};

}  // namespace

bool SumsRowsInPlace(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  const int64_t weights = problem.output.c * problem.input.c * g.kernel.h * g.kernel.w;
  return g.groups == 1 && g.dilation.w == 1 && g.kernel.w > 1 && weights > 0 && weights <= kMaxWeights &&
         problem.output.w >= kMinRow && problem.output.n > 0 && problem.output.h > 0;
}

int64_t WeightRowsScratchFloats(const ConvProblem& problem) {
  const RowsPlan plan(problem);
  return plan.segments * plan.part_floats;
}

void RunWeightRows(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                   float* output, float* scratch, const Context& context) {
  const RowsPlan plan(problem);
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const int64_t outputs = problem.output.c, inputs = problem.input.c;
  // The vectors go where less of them is padding.
  const bool vectors_of_outputs =
      (RoundUp(outputs, gemm.lanes) - outputs) * plan.run <= (RoundUp(plan.run, gemm.lanes) - plan.run) * outputs;
  context.Parallel(plan.segments, [&](int64_t segment, int) {
    float* sums = scratch + segment * plan.part_floats;
    std::fill_n(sums, plan.part_floats, 0.0f);
    const Sum sum{problem, plan, gemm, gradient, input, vectors_of_outputs, sums};
    const int64_t end = std::min(plan.rows, (segment + 1) * plan.segment);
    for (int64_t row = segment * plan.segment; row < end; row++) sum.AddRow(row);
  });
  context.Parallel(CeilDiv(plan.part_floats, kPiece), [&](int64_t piece, int) {
    const int64_t end = std::min(plan.part_floats, (piece + 1) * kPiece);
    for (int64_t segment = 1; segment < plan.segments; segment++)
      for (int64_t i = piece * kPiece; i < end; i++) scratch[i] += scratch[segment * plan.part_floats + i];
  });
  const int64_t term_stride = vectors_of_outputs ? outputs : 1, taps = plan.terms / inputs;
  context.Parallel(outputs, [&](int64_t k, int) {
    const float* from = scratch + k * (vectors_of_outputs ? 1 : plan.terms);
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t c = 0; c < inputs; c++, from += term_stride) output[(k * inputs + c) * taps + tap] = *from;
  });
}

}  // namespace fcn::conv_gradient
