#include <algorithm>

#include "base/check.h"
#include "kernels/tail/bands.h"
#include "kernels/tail/tail.h"

namespace fcn::tail {
namespace {

constexpr int64_t kLabelFloats = kBandRows * kBlock;

int64_t WorkerFloats(const Nhwc& scores) { return BlendedRows::Floats(scores) + kLabelFloats; }

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
    for (int64_t x = 0; x < columns.count; x += kBlock) {
      blended.Blend(x);
      kernels.arg_max({.above = blended.above(),
                       .below = blended.below(),
                       .channels = scores.shape.c,
                       .above_weights = above_weights,
                       .below_weights = below_weights,
                       .rows = band.count,
                       .labels = block});
      for (int64_t r = 0; r < band.count; r++) {
        int32_t* to = labels.at(n, band.first + r, x);
        for (int64_t p = 0; p < std::min(kBlock, columns.count - x); p++)
          to[p * labels.pixel_stride] = block[r * kBlock + p];
      }
    }
  });
}

}  // namespace fcn::tail
