#include <algorithm>

#include "base/check.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/blocking.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/filter.h"
#include "kernels/winograd/winograd.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

// Input channels that a task transforms at a time: 64 points of them and of a panel stay in the second-level cache, and
// each point's are written in one go.
constexpr int64_t kRows = 16;
constexpr int64_t kLine = 16;  // floats in a cache line
static_assert(kMaxSum % kRows == 0, "a task's channels belong to one product");

// Packed weights of more floats than this are not in any cache when they are read, so they are written past it.
constexpr int64_t kCachedFloats = 4 << 20;

/// Packs the filters of all input and output channels, which `all` describes as if they were one panel.
void PackFilters(const ConvProblem& problem, Isa isa, const FilterPanel& all, const Context& context, float* packed) {
  FCN_CHECK(Supports(problem.geometry));
  const GemmKernels& gemm = GemmKernelsFor(isa);
  const FilterKernels& kernels = FilterKernelsFor(isa);
  const FilterFunction transform = kernels.transform(problem.geometry.kernel.h);
  const int64_t inputs = problem.input.c, outputs = problem.output.c;
  const int64_t point_floats = PackedPointFloats(gemm, inputs, outputs);
  const bool cached = kPoints * point_floats <= kCachedFloats;
  const int64_t panels = (outputs + gemm.panel - 1) / gemm.panel, chunks = (inputs + kRows - 1) / kRows;
  // An odd number of cache lines, so that the points of a filter do not meet in one set of the first cache.
  const int64_t u_stride = kRows * gemm.panel + kLine, u_floats = kPoints * u_stride;
  const AlignedBuffer<float> buffers = AllocateAligned<float>(static_cast<size_t>(context.threads() * u_floats));

  context.Parallel(panels * chunks, [&](int64_t task, int worker) {
    const int64_t k = task / chunks * gemm.panel, c = task % chunks * kRows;
    FilterPanel panel = all;
    panel.weight = all.filter(c, k);
    panel.rows = std::min(kRows, inputs - c);
    panel.columns = std::min<int64_t>(gemm.panel, outputs - k);
    panel.width = panel.columns > gemm.lanes ? gemm.panel : gemm.lanes;
    panel.point_stride = u_stride;
    if (all.row_scale != nullptr) panel.row_scale = all.row_scale + c;
    if (all.column_scale != nullptr) panel.column_scale = all.column_scale + k;
    float* u = buffers.get() + worker * u_floats;
    transform(panel, u);
    // Within its product, the panel begins at a multiple of the product's rows, and is k-major.
    const int64_t product = c / kMaxSum * kMaxSum, product_rows = std::min(kMaxSum, inputs - product);
    float* to = packed + product / kMaxSum * gemm.packed_floats(kMaxSum, outputs) + k * product_rows +
                (c - product) * panel.width;
    const int64_t count = panel.rows * panel.width;
    for (int64_t p = 0; p < kPoints; p++, u += u_stride, to += point_floats) {
      if (cached)
        std::copy_n(u, count, to);
      else
        kernels.stream(u, count, to);
    }
  });
}

}  // namespace

int64_t PackedFloats(const ConvProblem& problem, Isa isa) {
  return kPoints * PackedPointFloats(GemmKernelsFor(isa), problem.input.c, problem.output.c);
}

void Pack(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
          float* packed) {
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  const FilterPanel all{.weight = weight,
                        .row_stride = taps,
                        .column_stride = taps * problem.input.c,
                        .mirrored = false,
                        .rows = problem.input.c,
                        .columns = problem.output.c,
                        .row_scale = nullptr,
                        .column_scale = scale,
                        .width = 0,
                        .point_stride = 0,
                        .rows_ahead = 4};
  PackFilters(problem, isa, all, context, packed);
}

void PackMirrored(const ConvProblem& problem, Isa isa, const float* weight, const float* scale, const Context& context,
                  float* packed) {
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  const FilterPanel all{.weight = weight,
                        .row_stride = taps * problem.output.c,
                        .column_stride = taps,
                        .mirrored = true,
                        .rows = problem.input.c,
                        .columns = problem.output.c,
                        .row_scale = scale,
                        .column_scale = nullptr,
                        .width = 0,
                        .point_stride = 0,
                        .rows_ahead = 4};
  PackFilters(problem, isa, all, context, packed);
}

}  // namespace fcn::winograd
