#include "data/resample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

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

/// One source row to the crop's columns, three channels a pixel. Fixed-point sums are exact, so their order is free.
template <int kTaps>
void ResampleRow(const uint8_t* source, const Axis& columns, uint8_t* out) {
  const int taps = kTaps > 0 ? kTaps : columns.taps, count = columns.count();
  const int16_t* weights = columns.weights.data();
  for (int x = 0; x < count; x++, weights += taps, out += 3) {
    const uint8_t* pixel = source + 3 * static_cast<ptrdiff_t>(columns.first[static_cast<size_t>(x)]);
    int r = Axis::kUnit / 2, g = r, b = r;
    for (int tap = 0; tap < taps; tap++, pixel += 3) {
      r += weights[tap] * pixel[0];
      g += weights[tap] * pixel[1];
      b += weights[tap] * pixel[2];
    }
    out[0] = static_cast<uint8_t>(r >> Axis::kBits);
    out[1] = static_cast<uint8_t>(g >> Axis::kBits);
    out[2] = static_cast<uint8_t>(b >> Axis::kBits);
  }
}

void ResampleRow(const uint8_t* source, const Axis& columns, uint8_t* out) {
  if (columns.taps == 2) return ResampleRow<2>(source, columns, out);
  if (columns.taps == 3) return ResampleRow<3>(source, columns, out);
  ResampleRow<0>(source, columns, out);
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

Image ResampleImage(const Image& image, const Axis& columns, const Axis& rows, Colour padding) {
  const auto width = static_cast<size_t>(columns.size), row_bytes = static_cast<size_t>(image.width) * 3;
  Image out{columns.size, rows.size, std::vector<uint8_t>(width * static_cast<size_t>(rows.size) * 3)};
  if (columns.count() < columns.size || rows.count() < rows.size)
    for (size_t i = 0; i < out.rgb.size(); i += 3)
      out.rgb[i] = padding.r, out.rgb[i + 1] = padding.g, out.rgb[i + 2] = padding.b;

  const auto shown = static_cast<size_t>(columns.count()) * 3, taps = static_cast<size_t>(rows.taps);
  const int begin = rows.first.front(), last = rows.first.back() + rows.taps;
  std::vector<uint8_t> across(static_cast<size_t>(last - begin) * shown);
  for (int y = begin; y < last; y++)
    ResampleRow(image.rgb.data() + static_cast<size_t>(y) * row_bytes, columns,
                across.data() + static_cast<size_t>(y - begin) * shown);

  std::vector<int> sums(shown);
  for (size_t y = 0; y < static_cast<size_t>(rows.count()); y++) {
    std::fill(sums.begin(), sums.end(), Axis::kUnit / 2);
    for (size_t tap = 0; tap < taps; tap++) {
      const int weight = rows.weights[y * taps + tap];
      const uint8_t* from = across.data() + (static_cast<size_t>(rows.first[y] - begin) + tap) * shown;
      for (size_t i = 0; i < shown; i++) sums[i] += weight * from[i];
    }
    uint8_t* to =
        out.rgb.data() + ((y + static_cast<size_t>(rows.begin)) * width + static_cast<size_t>(columns.begin)) * 3;
    for (size_t i = 0; i < shown; i++) to[i] = static_cast<uint8_t>(sums[i] >> Axis::kBits);
  }
  return out;
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
