#include <algorithm>

#include "base/check.h"
#include "kernels/loss/labels.h"
#include "kernels/tail/bands.h"
#include "kernels/tail/tail.h"

namespace fcn::tail {
namespace {

using loss::Labels;
using loss::Part;

/// A worker's memory.
struct Workspace {
  static int64_t Floats(const Nhwc& scores) { return BlendedRows::Floats(scores) + (4 * scores.c + 3) * kBlock; }

  Workspace(const Nhwc& shape, float* memory)
      : blended(memory),
        scores(blended + BlendedRows::Floats(shape)),
        above_gradient(scores + shape.c * kBlock),
        below_gradient(above_gradient + shape.c * kBlock),
        transposed(below_gradient + shape.c * kBlock),
        losses(transposed + shape.c * kBlock),
        weights(losses + kBlock),
        labels(reinterpret_cast<int32_t*>(weights + kBlock)) {}

  float *blended, *scores, *above_gradient, *below_gradient, *transposed, *losses, *weights;
  int32_t* labels;
};

/// Scratch memory: a Part of each band, and what it adds to the row above and the row below it, each a row of the
/// input.
struct Bands {
  std::vector<resize::Source> rows;
  std::vector<Band> all;  ///< of one image
  float *parts = nullptr, *gradients = nullptr;
  int64_t row_floats = 0;

  int64_t count() const { return static_cast<int64_t>(all.size()); }
  float* above(int64_t n, int64_t band) const { return gradients + (n * count() + band) * 2 * row_floats; }
  float* below(int64_t n, int64_t band) const { return above(n, band) + row_floats; }
};

int64_t RoundUpToBlock(int64_t floats) { return (floats + kBlock - 1) / kBlock * kBlock; }

/// One band of one image.
class BandLoss {
 public:
  BandLoss(TensorView<const float> scores, const Labels& labels, const Columns& columns, const Kernels& kernels,
           float* memory)
      : labels_(labels),
        columns_(columns),
        kernels_(kernels),
        channels_(scores.shape.c),
        space_(scores.shape, memory),
        blended_(scores, columns, kernels, space_.blended) {}

  Part Run(int64_t n, const Band& band, const resize::Source* rows, float* above, float* below) {
    Part part{};
    blended_.Load(n, band);
    for (int64_t x = 0; x < columns_.count; x += kBlock) {
      bool any_valid = false;
      for (int64_t r = 0; r < band.count; r++) {
        if (!LoadLabels(n, band.first + r, x)) continue;
        if (!any_valid) {
          blended_.Blend(x);
          std::fill_n(space_.above_gradient, channels_ * kBlock, 0.0f);
          std::fill_n(space_.below_gradient, channels_ * kBlock, 0.0f);
          any_valid = true;
        }
        AddRow(rows[r], part);
      }
      if (!any_valid) continue;
      Spread(x, space_.above_gradient, above);
      Spread(x, space_.below_gradient, below);
    }
    return part;
  }

 private:
  /// Whether one of the pixels counts.
  bool LoadLabels(int64_t n, int64_t y, int64_t x) {
    const Nhwc& shape = labels_.view.shape;
    const int64_t first = (n * shape.h + y) * shape.w + x;
    bool any_valid = false;
    for (int64_t p = 0; p < kBlock; p++) {
      const int32_t label = x + p < columns_.count ? labels_.At(first + p) : -1;
      space_.labels[p] = label;
      space_.weights[p] = labels_.Weight(label);
      any_valid = any_valid || label >= 0;
    }
    return any_valid;
  }

  void AddRow(const resize::Source& row, Part& part) {
    kernels_.loss({.above = blended_.above(),
                   .below = blended_.below(),
                   .channels = channels_,
                   .above_weight = row.w0,
                   .below_weight = row.w1,
                   .labels = space_.labels,
                   .weights = space_.weights,
                   .scores = space_.scores,
                   .losses = space_.losses,
                   .above_gradient = space_.above_gradient,
                   .below_gradient = space_.below_gradient});
    for (int64_t p = 0; p < kBlock; p++) {
      if (space_.labels[p] < 0) continue;
      const auto weight = static_cast<double>(space_.weights[p]);
      part.loss += weight * static_cast<double>(space_.losses[p]);
      part.weight += weight;
    }
  }

  void Spread(int64_t x, const float* gradient, float* row) {
    kernels_.spread({.gradient = gradient,
                     .count = std::min(kBlock, columns_.count - x),
                     .channels = channels_,
                     .left = columns_.left.get() + x,
                     .right = columns_.right.get() + x,
                     .left_weight = columns_.left_weight.get() + x,
                     .right_weight = columns_.right_weight.get() + x,
                     .transposed = space_.transposed,
                     .row = row});
  }

  const Labels& labels_;
  const Columns& columns_;
  const Kernels& kernels_;
  int64_t channels_;
  Workspace space_;
  BlendedRows blended_;
};

/// gradient := scale · the sum over the bands, from the top.
void SumBands(const Bands& bands, float scale, TensorView<float> gradient, const Context& context) {
  const Nhwc& shape = gradient.shape;
  context.Parallel(shape.n * shape.h, [&](int64_t task, int) {
    const int64_t n = task / shape.h, y = task % shape.h;
    float* const row = gradient.at(n, y, 0);
    for (int64_t x = 0; x < shape.w; x++) std::fill_n(row + x * gradient.pixel_stride, shape.c, 0.0f);
    if (scale == 0) return;
    const auto add = [&](const float* part) {
      for (int64_t x = 0; x < shape.w; x++)
        for (int64_t c = 0; c < shape.c; c++) row[x * gradient.pixel_stride + c] += scale * part[x * shape.c + c];
    };
    for (int64_t b = 0; b < bands.count(); b++) {
      const Band& band = bands.all[static_cast<size_t>(b)];
      if (band.above == y) add(bands.above(n, b));
      if (band.below == y) add(bands.below(n, b));
    }
  });
}

}  // namespace

int64_t LossScratchFloats(const Nhwc& scores, const Nhwc& labels, int threads) {
  const int64_t bands = scores.n * MostBands(scores.h, labels.h);
  return RoundUpToBlock(bands * loss::kPartFloats) + threads * Workspace::Floats(scores) +
         bands * 2 * scores.w * scores.c;
}

float ResizeSoftmaxLoss(TensorView<const float> scores, TensorView<const int32_t> labels, const loss::Options& options,
                        TensorView<float> gradient, float* scratch, const Context& context) {
  const Nhwc& shape = scores.shape;
  FCN_CHECK(shape == gradient.shape && labels.shape.n == shape.n && labels.shape.c == 1 && shape.elements() > 0);
  const Labels checked{labels, shape.c, options};
  const Columns columns(shape.w, labels.shape.w);
  Bands bands;
  bands.rows = resize::BilinearSources(shape.h, labels.shape.h);
  bands.all = BandsOf(bands.rows);
  const int64_t tasks = shape.n * bands.count();
  bands.parts = scratch;
  float* const workspaces = bands.parts + RoundUpToBlock(tasks * loss::kPartFloats);
  bands.gradients = workspaces + context.threads() * Workspace::Floats(shape);
  bands.row_floats = shape.w * shape.c;

  const Kernels& kernels = KernelsFor(context.isa());
  context.Parallel(tasks, [&](int64_t task, int worker) {
    const int64_t n = task / bands.count(), b = task % bands.count();
    const Band& band = bands.all[static_cast<size_t>(b)];
    std::fill_n(bands.above(n, b), 2 * bands.row_floats, 0.0f);
    BandLoss of_band(scores, checked, columns, kernels, workspaces + worker * Workspace::Floats(shape));
    loss::Store(
        of_band.Run(n, band, &bands.rows[static_cast<size_t>(band.first)], bands.above(n, b), bands.below(n, b)), task,
        bands.parts);
  });

  const Part total = loss::Total(tasks, bands.parts);
  SumBands(bands, total.weight == 0 ? 0 : loss::GradientScale(total.weight, options), gradient, context);
  return loss::LossOf(total, options);
}

}  // namespace fcn::tail
