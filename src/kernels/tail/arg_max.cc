#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/finite.h"
#include "kernels/tail/bands.h"
#include "kernels/tail/tail.h"

namespace fcn::tail {
namespace {

constexpr int64_t kLabelFloats = kBandRows * kBlock;

int64_t WorkerFloats(const Nhwc& scores) { return BlendedRows::Floats(scores) + kLabelFloats; }

bool IsFiniteRow(TensorView<const float> scores, int64_t n, int64_t y) {
  const Nhwc& shape = scores.shape;
  const bool whole = scores.pixel_stride == shape.c;
  const int64_t pieces = whole ? 1 : shape.w, count = whole ? shape.w * shape.c : shape.c;
  for (int64_t x = 0; x < pieces; x++)
    if (!IsFinite({scores.at(n, y, x), static_cast<size_t>(count)})) return false;
  return true;
}

/// Writes −1 where resized scores are no numbers.
void MarkNoNumbers(const ArgMaxBlock& b) {
  for (int64_t r = 0; r < b.rows; r++)
    for (int64_t p = 0; p < kBlock; p++) {
      float largest = -std::numeric_limits<float>::infinity();
      bool has_nan = false;
      for (int64_t c = 0; c < b.channels; c++) {
        const int64_t at = c * kBlock + p;
        const float score = b.above_weights[r] * b.above[at] + b.below_weights[r] * b.below[at];
        has_nan = has_nan || std::isnan(score);
        largest = std::max(largest, score);
      }
      if (has_nan || !std::isfinite(largest)) b.labels[r * kBlock + p] = -1;
    }
}

}  // namespace

int64_t ArgMaxScratchFloats(const Nhwc& scores, int threads) { return threads * WorkerFloats(scores); }

void ResizeArgMax(TensorView<const float> scores, TensorView<int32_t> labels, float* scratch, const Context& context) {
  FCN_CHECK(labels.shape.n == scores.shape.n && labels.shape.c == 1 && scores.shape.pixels() > 0);
  const Columns columns(scores.shape.w, labels.shape.w);
  const std::vector<resize::Source> rows = resize::BilinearSources(scores.shape.h, labels.shape.h);
  const std::vector<Band> bands = BandsOf(rows);
  const auto count = static_cast<int64_t>(bands.size());
  const Kernels& kernels = KernelsFor(context.isa());
  context.Parallel(labels.shape.n * count, [&](int64_t task, int worker) {
    const int64_t n = task / count;
    const Band& band = bands[static_cast<size_t>(task % count)];
    float* const memory = scratch + worker * WorkerFloats(scores.shape);
    auto* const block = reinterpret_cast<int32_t*>(memory + BlendedRows::Floats(scores.shape));
    BlendedRows blended(scores, columns, kernels, memory);
    blended.Load(n, band);
    float above_weights[kBandRows], below_weights[kBandRows];
    for (int64_t r = 0; r < band.count; r++) {
      const resize::Source& row = rows[static_cast<size_t>(band.first + r)];
      above_weights[r] = row.w0, below_weights[r] = row.w1;
    }
    // What is between finite scores is finite.
    const bool is_finite = IsFiniteRow(scores, n, band.above) && IsFiniteRow(scores, n, band.below);
    for (int64_t x = 0; x < columns.count; x += kBlock) {
      blended.Blend(x);
      const ArgMaxBlock labelled{.above = blended.above(),
                                 .below = blended.below(),
                                 .channels = scores.shape.c,
                                 .above_weights = above_weights,
                                 .below_weights = below_weights,
                                 .rows = band.count,
                                 .labels = block};
      kernels.arg_max(labelled);
      if (!is_finite) MarkNoNumbers(labelled);
      for (int64_t r = 0; r < band.count; r++) {
        int32_t* to = labels.at(n, band.first + r, x);
        for (int64_t p = 0; p < std::min(kBlock, columns.count - x); p++)
          to[p * labels.pixel_stride] = block[r * kBlock + p];
      }
    }
  });
}

}  // namespace fcn::tail
