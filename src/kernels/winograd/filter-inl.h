// Included once for each instruction set, so without #pragma once. Vectors run over the output channels of a panel, so
// the taps of a filter, which lie side by side in memory, are transposed first.

#include <algorithm>
#include <cstring>

#include "kernels/winograd/filter.h"
#include "kernels/winograd/tables.h"

#if defined(FCN_KERNELS_WINOGRAD_FILTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_FILTER_INL_H_
#undef FCN_KERNELS_WINOGRAD_FILTER_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_FILTER_INL_H_
#endif

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace {

using winograd::FilterPanel;
using winograd::kTile;
namespace hn = hwy::HWY_NAMESPACE;
using DoubleTag = hn::ScalableTag<double>;
using NarrowTag = hn::Rebind<float, DoubleTag>;  // as many floats as a vector has doubles
using DoubleVec = hn::Vec<DoubleTag>;
constexpr int64_t kDoubles = static_cast<int64_t>(hn::MaxLanes(DoubleTag()));
constexpr int64_t kMaxWidth = 64;
constexpr int64_t kLine = 16;  // floats in a cache line

/// to[t · to_stride + i] = from[i][t] for four filters i and four taps t; in reverse order of taps where to_stride is
/// negative.
HWY_INLINE void Transpose4(const float* f0, const float* f1, const float* f2, const float* f3, float* to,
                           int64_t to_stride) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, f0), b = hn::LoadU(d, f1), c = hn::LoadU(d, f2), e = hn::LoadU(d, f3);
  const auto ab = hn::InterleaveLower(d, a, b), ce = hn::InterleaveLower(d, c, e);
  const auto ab2 = hn::InterleaveUpper(d, a, b), ce2 = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce, ab), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, ce, ab), d, to + to_stride);
  hn::StoreU(hn::ConcatLowerLower(d, ce2, ab2), d, to + 2 * to_stride);
  hn::StoreU(hn::ConcatUpperUpper(d, ce2, ab2), d, to + 3 * to_stride);
}

/// w[tap][column] of one row of a panel.
template <int kTaps>
HWY_INLINE void GatherTaps(const FilterPanel& panel, int64_t row, float* HWY_RESTRICT w) {
  constexpr int64_t kCount = kTaps * kTaps;
  float* first = panel.mirrored ? w + (kCount - 1) * panel.width : w;
  const int64_t step = panel.mirrored ? -panel.width : panel.width;
  int64_t column = 0;
  for (; column + 4 <= panel.columns; column += 4) {
    const float* f = panel.filter(row, column);
    const int64_t s = panel.column_stride;
    // The last four taps overlap those before, so that nothing past the filter is read.
    for (int64_t tap = 0; tap < kCount; tap += 4) {
      const int64_t t = std::min(tap, kCount - 4);
      Transpose4(f + t, f + s + t, f + 2 * s + t, f + 3 * s + t, first + t * step + column, step);
    }
  }
  for (; column < panel.columns; column++)
    for (int64_t t = 0; t < kCount; t++) first[t * step + column] = panel.filter(row, column)[t];
}

/// G times kTaps vectors x; calls store(p, vector) for each point.
template <int kTaps, class StoreFunction>
HWY_INLINE void FilterTransform(const DoubleVec (&x)[kTaps], const StoreFunction& store) {
  constexpr auto kG = winograd::FilterMatrix<kTaps>();
  const DoubleTag d;
  store(0, x[0]);
  // Points come in pairs ±a, whose rows differ only in the sign of the odd powers.
  HWY_UNROLL(3)
  for (size_t p = 1; p + 1 < kTile; p += 2) {
    DoubleVec even = hn::Mul(hn::Set(d, kG[p][0]), x[0]), odd = hn::Mul(hn::Set(d, kG[p][1]), x[1]);
    HWY_UNROLL(4)
    for (size_t t = 2; t < kTaps; t += 2) even = hn::MulAdd(hn::Set(d, kG[p][t]), x[t], even);
    HWY_UNROLL(4)
    for (size_t t = 3; t < kTaps; t += 2) odd = hn::MulAdd(hn::Set(d, kG[p][t]), x[t], odd);
    store(p, hn::Add(even, odd));
    store(p + 1, hn::Sub(even, odd));
  }
  store(kTile - 1, x[kTaps - 1]);
}

template <int kTaps>
void TransformFilters(const FilterPanel& panel, float* HWY_RESTRICT u) {
  static_assert(winograd::FilterMatrix<kTaps>()[0][0] == 1);
  constexpr int64_t kCount = kTaps * kTaps;
  const DoubleTag d;
  const NarrowTag narrow;
  const int64_t point_stride = panel.point_stride;
  HWY_ALIGN float w[kCount * kMaxWidth];
  HWY_ALIGN double half[kTile * kTaps * kDoubles];
  HWY_ALIGN double scale[kMaxWidth];
  std::fill(w, w + kCount * panel.width, 0.0f);
  for (int64_t row = 0; row < panel.rows; row++) {
    GatherTaps<kTaps>(panel, row, w);
    const bool scaled = panel.row_scale != nullptr || panel.column_scale != nullptr;
    if (scaled) {
      const double factor = panel.row_scale != nullptr ? static_cast<double>(panel.row_scale[row]) : 1.0;
      for (int64_t c = 0; c < panel.width; c++)
        scale[c] = panel.column_scale == nullptr || c >= panel.columns
                       ? factor
                       : factor * static_cast<double>(panel.column_scale[c]);
    }
    for (int64_t column = 0; column < panel.width; column += kDoubles) {
      for (int64_t b = 0; b < kTaps; b++) {
        DoubleVec x[kTaps];
        HWY_UNROLL(8)
        for (int64_t a = 0; a < kTaps; a++) {
          x[a] = hn::PromoteTo(d, hn::Load(narrow, w + (a * kTaps + b) * panel.width + column));
          if (scaled) x[a] = hn::Mul(x[a], hn::Load(d, scale + column));
        }
        FilterTransform<kTaps>(x, [&](size_t i, DoubleVec sum) HWY_ATTR {
          hn::Store(sum, d, half + (static_cast<int64_t>(i) * kTaps + b) * kDoubles);
        });
      }
      float* to = u + row * panel.width + column;
      for (int64_t i = 0; i < kTile; i++, to += kTile * point_stride) {
        DoubleVec x[kTaps];
        HWY_UNROLL(8)
        for (int64_t b = 0; b < kTaps; b++) x[b] = hn::Load(d, half + (i * kTaps + b) * kDoubles);
        FilterTransform<kTaps>(x, [&](size_t j, DoubleVec sum) HWY_ATTR {
          hn::Store(hn::DemoteTo(narrow, sum), narrow, to + static_cast<int64_t>(j) * point_stride);
        });
      }
    }
  }
}

void Stream(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t i = 0; i < count; i += lanes) hn::Stream(hn::Load(d, from + i), d, to + i);
  hwy::FlushStream();
}

}  // namespace

winograd::FilterKernels MakeWinogradFilterKernels() {
  return {.taps3 = TransformFilters<3>, .taps5 = TransformFilters<5>, .taps7 = TransformFilters<7>, .stream = Stream};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
