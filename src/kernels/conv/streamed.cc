#include "kernels/conv/streamed.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/conv/plan.h"

namespace fcn::conv {
namespace {

// Output channels of a task: their weights of one slice of a sum, and the slice of 256 pixels, stay in a second-level
// cache of 1 MiB.
constexpr int64_t kColumns = 64;
// Packed weights of fewer floats than this stay in a cache. The pixels must, for all tasks to read them.
constexpr int64_t kCachedWeights = 4 << 20, kMaxPixels = 1024;
constexpr int64_t kCopiedPixels = 8;  // by one task

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Where the weights lie: those of an output channel, and those of an input channel, this many floats apart.
struct Weights {
  const float* values;
  int64_t term_stride, column_stride;
  const float* term_scale;    ///< a factor for each input channel, or null
  const float* column_scale;  ///< for each output channel, or null
};

/// How conv.h cuts the sums, and what is kept where: all pixels, slice by slice, and for each worker a piece of the
/// packed weights and the sums so far.
struct Layout {
  Layout(const ConvProblem& problem, const GemmKernels& gemm)
      : plan(problem, gemm),
        slice_floats(plan.pixels * plan.row_stride),
        packed_floats(plan.slice * kColumns),
        sum_floats((plan.pixels * kColumns + 15) / 16 * 16) {}

  Plan plan;
  int64_t slice_floats, packed_floats, sum_floats;

  int64_t floats(int threads) const { return plan.slices * slice_floats + threads * (packed_floats + sum_floats); }
};

template <typename T>
T* PixelOf(TensorView<T> view, int64_t pixel) {
  const int64_t row = pixel / view.shape.w;
  return view.at(row / view.shape.h, row % view.shape.h, pixel % view.shape.w);
}

/// The weights of some terms and columns, as gemm.h packs them.
void PackPiece(const GemmKernels& gemm, const Weights& weights, int64_t term, int64_t terms, int64_t column,
               int64_t columns, float* packed) {
  gemm.pack(terms, columns, weights.values + term * weights.term_stride + column * weights.column_stride,
            weights.term_stride, weights.column_stride,
            weights.column_scale != nullptr ? weights.column_scale + column : nullptr, packed);
  if (weights.term_scale == nullptr) return;
  for (int64_t panel = 0; panel < columns; panel += gemm.panel) {
    const int64_t width = columns - panel > gemm.lanes ? gemm.panel : gemm.lanes;
    for (int64_t i = 0; i < terms; i++, packed += width)
      for (int64_t j = 0; j < width; j++) packed[j] *= weights.term_scale[term + i];
  }
}

void Run(const ConvProblem& problem, TensorView<const float> input, const Weights& weights, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context) {
  FCN_CHECK(input.shape == problem.input && output.shape == problem.output);
  FCN_CHECK((problem.geometry.kernel == Size2{1, 1}) && problem.geometry.groups == 1);
  FCN_CHECK(epilogue.residual.data == nullptr || epilogue.residual.shape == problem.output);
  const GemmKernels& gemm = GemmKernelsFor(context.isa());
  const Layout layout(problem, gemm);
  const Plan& plan = layout.plan;
  context.Parallel(DivideUp(plan.pixels, kCopiedPixels), [&](int64_t task, int) {
    for (int64_t p = task * kCopiedPixels; p < std::min(plan.pixels, (task + 1) * kCopiedPixels); p++) {
      const float* pixel = PixelOf(input, p);
      for (int64_t s = 0; s < plan.slices; s++)
        std::copy(pixel + s * plan.slice, pixel + std::min(plan.terms, (s + 1) * plan.slice),
                  scratch + s * layout.slice_floats + p * plan.row_stride);
    }
  });
  const bool flat = output.flat() && (epilogue.residual.data == nullptr || epilogue.residual.flat());
  float* const workers = scratch + plan.slices * layout.slice_floats;
  context.Parallel(DivideUp(plan.outputs, kColumns), [&](int64_t task, int worker) {
    const int64_t column = task * kColumns, columns = std::min(kColumns, plan.outputs - column);
    float* const packed = workers + worker * (layout.packed_floats + layout.sum_floats);
    float* const sums = packed + layout.packed_floats;
    for (int64_t s = 0; s < plan.slices; s++) {
      const int64_t term = s * plan.slice, terms = std::min(plan.slice, plan.terms - term);
      const float* pixels = scratch + s * layout.slice_floats;
      PackPiece(gemm, weights, term, terms, column, columns, packed);
      GemmEpilogue e;
      if (s > 0) e.partial = sums, e.partial_stride = columns;
      if (s < plan.slices - 1) {
        gemm.multiply(plan.pixels, columns, terms, pixels, plan.row_stride, packed, sums, columns, e);
        continue;
      }
      e.bias = epilogue.bias != nullptr ? epilogue.bias + column : nullptr;
      e.residual_stride = epilogue.residual.pixel_stride;
      e.activation = epilogue.activation;
      e.slopes = epilogue.slopes != nullptr ? epilogue.slopes + column : nullptr;
      // Pixels of rows with gaps between them are a matrix row by row of the image.
      const int64_t run = flat ? plan.pixels : output.shape.w;
      for (int64_t p = 0; p < plan.pixels; p += run) {
        if (s > 0) e.partial = sums + p * columns;
        if (epilogue.residual.data != nullptr) e.residual = PixelOf(epilogue.residual, p) + column;
        gemm.multiply(run, columns, terms, pixels + p * plan.row_stride, plan.row_stride, packed,
                      PixelOf(output, p) + column, output.pixel_stride, e);
      }
    }
  });
}

}  // namespace

bool PaysStreamed(const ConvProblem& problem) {
  const ConvGeometry& g = problem.geometry;
  return g.kernel == Size2{1, 1} && g.stride == Size2{1, 1} && g.padding == Padding{} && g.groups == 1 &&
         problem.input.c * problem.output.c > kCachedWeights && problem.output.pixels() <= kMaxPixels;
}

int64_t StreamedScratchFloats(const ConvProblem& problem, Isa isa, int threads) {
  return Layout(problem, GemmKernelsFor(isa)).floats(threads);
}

void RunStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight, const float* scale,
                 const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
  Run(problem, input, {weight, 1, problem.input.c, nullptr, scale}, epilogue, output, scratch, context);
}

void RunMirroredStreamed(const ConvProblem& problem, TensorView<const float> input, const float* weight,
                         const float* scale, const Epilogue& epilogue, TensorView<float> output, float* scratch,
                         const Context& context) {
  Run(problem, input, {weight, problem.output.c, 1, scale, nullptr}, epilogue, output, scratch, context);
}

}  // namespace fcn::conv
