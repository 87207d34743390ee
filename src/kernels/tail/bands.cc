#include "kernels/tail/bands.h"

#include <algorithm>

namespace fcn::tail {
namespace {

int64_t RoundUp(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

int64_t PlanarStride(const Nhwc& scores) { return RoundUp(scores.w + kPlanarPadding, kBlock); }

void ToPlanar(const float* row, int64_t pixel_stride, const Nhwc& shape, int64_t planar_stride, float* planar) {
  for (int64_t c = 0; c < shape.c; c++) {
    float* to = planar + c * planar_stride;
    for (int64_t x = 0; x < shape.w; x++) to[x] = row[x * pixel_stride + c];
    std::fill(to + shape.w, to + planar_stride, 0.0f);
  }
}

}  // namespace

std::vector<Band> BandsOf(const std::vector<resize::Source>& rows) {
  std::vector<Band> bands;
  for (size_t y = 0; y < rows.size(); y++) {
    if (bands.empty() || bands.back().above != rows[y].i0 || bands.back().below != rows[y].i1 ||
        bands.back().count == kBandRows)
      bands.push_back({static_cast<int64_t>(y), 0, rows[y].i0, rows[y].i1});
    bands.back().count++;
  }
  return bands;
}

int64_t MostBands(int64_t in, int64_t out) { return std::min(out, in + out / kBandRows); }

Columns::Columns(int64_t in, int64_t out) : count(out) {
  const std::vector<resize::Source> sources = resize::BilinearSources(in, out);
  const auto padded = static_cast<size_t>(RoundUp(out, kBlock));
  left = AllocateAligned<int32_t>(padded), right = AllocateAligned<int32_t>(padded);
  left_weight = AllocateAligned<float>(padded), right_weight = AllocateAligned<float>(padded);
  for (size_t x = 0; x < padded; x++) {
    const resize::Source& source = sources[std::min(x, sources.size() - 1)];
    left[x] = static_cast<int32_t>(source.i0), right[x] = static_cast<int32_t>(source.i1);
    left_weight[x] = source.w0, right_weight[x] = source.w1;
  }
}

int64_t BlendedRows::Floats(const Nhwc& scores) { return 2 * scores.c * (PlanarStride(scores) + kBlock); }

BlendedRows::BlendedRows(TensorView<const float> scores, const Columns& columns, const Kernels& kernels, float* memory)
    : scores_(scores),
      columns_(columns),
      kernels_(kernels),
      planar_stride_(PlanarStride(scores.shape)),
      planar_above_(memory),
      planar_below_(planar_above_ + scores.shape.c * planar_stride_),
      above_(planar_below_ + scores.shape.c * planar_stride_),
      below_blended_(above_ + scores.shape.c * kBlock) {}

void BlendedRows::Load(int64_t n, const Band& band) {
  one_row_ = band.above == band.below;
  below_ = one_row_ ? above_ : below_blended_;
  const auto load = [&](int64_t y, float* planar) {
    ToPlanar(scores_.at(n, y, 0), scores_.pixel_stride, scores_.shape, planar_stride_, planar);
  };
  load(band.above, planar_above_);
  if (!one_row_) load(band.below, planar_below_);
}

void BlendedRows::Blend(int64_t x) {
  const auto blend = [&](const float* planar, float* out) {
    kernels_.blend({.planar = planar,
                    .planar_stride = planar_stride_,
                    .channels = scores_.shape.c,
                    .left = columns_.left.get() + x,
                    .right = columns_.right.get() + x,
                    .left_weight = columns_.left_weight.get() + x,
                    .right_weight = columns_.right_weight.get() + x,
                    .out = out});
  };
  blend(planar_above_, above_);
  if (!one_row_) blend(planar_below_, below_blended_);
}

}  // namespace fcn::tail
