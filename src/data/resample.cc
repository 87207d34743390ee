#include "data/resample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <type_traits>
#include <variant>

namespace fcn {
namespace {

/// A triangle's weights about `centre`, as shares of kUnit that add up to it exactly.
void FillWeights(double centre, double radius, int first, std::span<int16_t> weights, int source) {
  std::vector<double> exact(weights.size());
  for (size_t i = 0; i < weights.size(); i++) {
    const int at = first + static_cast<int>(i);
    if (at < source) exact[i] = std::max(0.0, 1 - std::abs(at + 0.5 - centre) / radius);
  }
  const double sum = std::accumulate(exact.begin(), exact.end(), 0.0);
  int rest = Axis::kUnit;
  size_t heaviest = 0;
  for (size_t i = 0; i < weights.size(); i++) {
    weights[i] = static_cast<int16_t>(std::lround(exact[i] / sum * Axis::kUnit));
    rest -= weights[i];
    if (weights[i] > weights[heaviest]) heaviest = i;
  }
  weights[heaviest] = static_cast<int16_t>(weights[heaviest] + rest);
}

/// How samples are mixed. Sums of integers by fixed-point weights are exact, so that their order is free; those of 16
/// bits reach 2^30.
template <typename Sample>
struct Mixing {
  using Sum = int;
  static constexpr Sum kStart = Axis::kUnit / 2;
  static Sample Done(Sum sum) { return static_cast<Sample>(sum >> Axis::kBits); }
};
template <>
struct Mixing<float> {
  using Sum = float;
  static constexpr Sum kStart = 0;
  static float Done(float sum) { return sum * (1.0f / Axis::kUnit); }
};

/// One source row to the crop's columns. 0 taps or bands: those that are given.
template <int kTaps, int kBands, typename Sample>
void ResampleRow(const Sample* source, const Axis& columns, int its_bands, Sample* out) {
  using Mix = Mixing<Sample>;
  const int taps = kTaps > 0 ? kTaps : columns.taps, count = columns.count(), bands = kBands > 0 ? kBands : its_bands;
  const int16_t* weights = columns.weights.data();
  std::array<typename Mix::Sum, (kBands > 0 ? kBands : kMostPictureBands)> sums;
  for (int x = 0; x < count; x++, weights += taps, out += bands) {
    const Sample* pixel = source + static_cast<ptrdiff_t>(bands) * columns.first[static_cast<size_t>(x)];
    for (int band = 0; band < bands; band++) sums[static_cast<size_t>(band)] = Mix::kStart;
    for (int tap = 0; tap < taps; tap++, pixel += bands)
      for (int band = 0; band < bands; band++) sums[static_cast<size_t>(band)] += weights[tap] * pixel[band];
    for (int band = 0; band < bands; band++) out[band] = Mix::Done(sums[static_cast<size_t>(band)]);
  }
}

/// Pictures in colour, and planes of one band, are most of what is resized.
template <int kBands, typename Sample>
void ResampleRow(const Sample* source, const Axis& columns, int bands, Sample* out) {
  if (columns.taps == 2) return ResampleRow<2, kBands>(source, columns, bands, out);
  if (columns.taps == 3) return ResampleRow<3, kBands>(source, columns, bands, out);
  ResampleRow<0, kBands>(source, columns, bands, out);
}

template <typename Sample>
void ResampleRow(const Sample* source, const Axis& columns, int bands, Sample* out) {
  if (bands == 1) return ResampleRow<1>(source, columns, bands, out);
  if (bands == 3) return ResampleRow<3>(source, columns, bands, out);
  ResampleRow<0>(source, columns, bands, out);
}

template <typename Sample>
Sample Padding(float value) {
  if constexpr (std::is_integral_v<Sample>)
    return static_cast<Sample>(std::clamp(value + 0.5f, 0.0f, float{std::numeric_limits<Sample>::max()}));
  else
    return value;
}

/// All samples of the crop, `bands` a pixel.
template <typename Sample>
std::vector<Sample> Resample(const std::vector<Sample>& source, int source_width, int bands, const Axis& columns,
                             const Axis& rows, const PerBand& padding) {
  using Mix = Mixing<Sample>;
  const auto count = static_cast<size_t>(bands);
  const size_t width = static_cast<size_t>(columns.size) * count, row = static_cast<size_t>(source_width) * count;
  std::vector<Sample> out(width * static_cast<size_t>(rows.size));
  if (columns.count() < columns.size || rows.count() < rows.size)
    for (size_t i = 0; i < out.size(); i++) out[i] = i < count ? Padding<Sample>(padding[i]) : out[i - count];

  const size_t shown = static_cast<size_t>(columns.count()) * count, taps = static_cast<size_t>(rows.taps);
  const int begin = rows.first.front(), last = rows.first.back() + rows.taps;
  std::vector<Sample> across(static_cast<size_t>(last - begin) * shown);
  for (int y = begin; y < last; y++)
    ResampleRow(source.data() + static_cast<size_t>(y) * row, columns, bands,
                across.data() + static_cast<size_t>(y - begin) * shown);

  std::vector<typename Mix::Sum> sums(shown);
  for (size_t y = 0; y < static_cast<size_t>(rows.count()); y++) {
    std::fill(sums.begin(), sums.end(), Mix::kStart);
    for (size_t tap = 0; tap < taps; tap++) {
      const int weight = rows.weights[y * taps + tap];
      const Sample* from = across.data() + (static_cast<size_t>(rows.first[y] - begin) + tap) * shown;
      for (size_t i = 0; i < shown; i++) sums[i] += weight * from[i];
    }
    Sample* to =
        out.data() + (y + static_cast<size_t>(rows.begin)) * width + static_cast<size_t>(columns.begin) * count;
    for (size_t i = 0; i < shown; i++) to[i] = Mix::Done(sums[i]);
  }
  return out;
}

}  // namespace

Axis MakeAxis(int source, int resized, int place, int crop, bool flip) {
  Axis axis;
  axis.size = crop;
  axis.begin = std::max(0, -place);
  axis.end = std::min(crop, resized - place);
  const double step = static_cast<double>(source) / resized, radius = std::max(1.0, step);
  axis.taps = std::min(source, static_cast<int>(std::ceil(2 * radius)));
  const auto taps = static_cast<size_t>(axis.taps), count = static_cast<size_t>(axis.count());
  axis.first.resize(count), axis.nearest.resize(count), axis.weights.resize(count * taps);
  for (size_t i = 0; i < count; i++) {
    const int64_t at = axis.begin + static_cast<int>(i) + place;
    const double centre = (static_cast<double>(at) + 0.5) * step;
    const size_t slot = flip ? count - 1 - i : i;
    axis.first[slot] = std::clamp(static_cast<int>(std::ceil(centre - radius - 0.5)), 0, source - axis.taps);
    axis.nearest[slot] = static_cast<int>((2 * at + 1) * source / (2 * int64_t{resized}));
    FillWeights(centre, radius, axis.first[slot], {axis.weights.data() + slot * taps, taps}, source);
  }
  if (flip) {
    const int begin = axis.begin;
    axis.begin = crop - axis.end;
    axis.end = crop - begin;
  }
  return axis;
}

Raster ResampleRaster(const Raster& raster, const Axis& columns, const Axis& rows, const PerBand& padding) {
  return std::visit(
      [&](const auto& samples) {
        return Raster(columns.size, rows.size, raster.bands,
                      Resample(samples, raster.width, raster.bands, columns, rows, padding));
      },
      raster.samples);
}

LabelMap ResampleLabels(const LabelMap& labels, const Axis& columns, const Axis& rows) {
  const auto width = static_cast<size_t>(columns.size);
  LabelMap out{columns.size, rows.size, std::vector<uint16_t>(width * static_cast<size_t>(rows.size), kIgnoredLabel)};
  for (size_t y = 0; y < static_cast<size_t>(rows.count()); y++) {
    const uint16_t* from =
        labels.labels.data() + static_cast<size_t>(rows.nearest[y]) * static_cast<size_t>(labels.width);
    uint16_t* to =
        out.labels.data() + (y + static_cast<size_t>(rows.begin)) * width + static_cast<size_t>(columns.begin);
    for (size_t x = 0; x < columns.nearest.size(); x++) to[x] = from[columns.nearest[x]];
  }
  return out;
}

}  // namespace fcn
