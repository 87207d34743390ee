// Included once for each instruction set, so without #pragma once. Vectors run over the output channels of a panel, so
// the taps of a filter, which lie side by side in memory, are transposed first.

#include <algorithm>
#include <cstring>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/filter.h"

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_FILTER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_FILTER_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_FILTER_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_FILTER_INL_H_
#endif

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace {

using winograd::FilterPanel;
using winograd::kTile;
namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::ScalableTag<float>;
using Vec = hn::Vec<FloatTag>;
constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(FloatTag()));
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
  constexpr int64_t kCount = int64_t{kTaps} * kTaps;
  float* first = panel.mirrored ? w + (kCount - 1) * panel.width : w;
  const int64_t step = panel.mirrored ? -panel.width : panel.width;
  int64_t column = 0;
  for (; column + 4 <= panel.columns; column += 4) {
    const float* f = panel.filter(row, column);
    const int64_t s = panel.column_stride;
    const float* ahead = f + panel.rows_ahead * panel.row_stride;
    for (int64_t i = 0; i < 4; i++, ahead += s)
      for (int64_t tap = 0; tap < kCount; tap += kLine) __builtin_prefetch(ahead + tap, 0, 2);
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
HWY_INLINE void FilterTransform(const Vec (&x)[kTaps], const StoreFunction& store) {
  constexpr auto kG = winograd::FilterMatrix<kTaps>();
  const auto factor = [&](size_t p, size_t t) HWY_ATTR { return hn::Set(FloatTag(), static_cast<float>(kG[p][t])); };
  store(0, x[0]);
  // Points come in pairs ±a, whose rows differ only in the sign of the odd powers.
  HWY_UNROLL(3)
  for (size_t p = 1; p + 1 < kTile; p += 2) {
    Vec even = hn::Mul(factor(p, 0), x[0]), odd = hn::Mul(factor(p, 1), x[1]);
    HWY_UNROLL(4)
    for (size_t t = 2; t < kTaps; t += 2) even = hn::MulAdd(factor(p, t), x[t], even);
    HWY_UNROLL(4)
    for (size_t t = 3; t < kTaps; t += 2) odd = hn::MulAdd(factor(p, t), x[t], odd);
    store(p, hn::Add(even, odd));
    store(p + 1, hn::Sub(even, odd));
  }
  store(kTile - 1, x[kTaps - 1]);
}

template <int kTaps>
void TransformFilters(const FilterPanel& panel, float* HWY_RESTRICT u) {
  static_assert(winograd::FilterMatrix<kTaps>()[0][0] == 1);
  constexpr int64_t kCount = int64_t{kTaps} * kTaps;
  const FloatTag d;
  const int64_t point_stride = panel.point_stride;
  // A row's taps are gathered while those of the row before are transformed: vectors that are loaded soon after they
  // were stored in pieces wait for all of these to reach the cache.
  HWY_ALIGN float gathered[2][kCount * kMaxWidth];
  HWY_ALIGN float half[int64_t{kTile} * kTaps * kLanes];
  HWY_ALIGN float scale[kMaxWidth];
  if (panel.columns < panel.width)
    for (auto& w : gathered) std::fill(w, w + kCount * panel.width, 0.0f);
  if (panel.rows > 0) GatherTaps<kTaps>(panel, 0, gathered[0]);
  for (int64_t row = 0; row < panel.rows; row++) {
    if (row + 1 < panel.rows) GatherTaps<kTaps>(panel, row + 1, gathered[(row + 1) % 2]);
    const float* w = gathered[row % 2];
    const bool scaled = panel.row_scale != nullptr || panel.column_scale != nullptr;
    if (scaled) {
      const float factor = panel.row_scale != nullptr ? panel.row_scale[row] : 1.0f;
      for (int64_t c = 0; c < panel.width; c++)
        scale[c] = panel.column_scale == nullptr || c >= panel.columns ? factor : factor * panel.column_scale[c];
    }
    for (int64_t column = 0; column < panel.width; column += kLanes) {
      for (int64_t b = 0; b < kTaps; b++) {
        Vec x[kTaps];
        HWY_UNROLL(8)
        for (int64_t a = 0; a < kTaps; a++) {
          x[a] = hn::Load(d, w + (a * kTaps + b) * panel.width + column);
          if (scaled) x[a] = hn::Mul(x[a], hn::Load(d, scale + column));
        }
        FilterTransform<kTaps>(x, [&](size_t i, Vec sum) HWY_ATTR {
          hn::Store(sum, d, half + (static_cast<int64_t>(i) * kTaps + b) * kLanes);
        });
      }
      float* to = u + row * panel.width + column;
      for (int64_t i = 0; i < kTile; i++, to += kTile * point_stride) {
        Vec x[kTaps];
        HWY_UNROLL(8)
        for (int64_t b = 0; b < kTaps; b++) x[b] = hn::Load(d, half + (i * kTaps + b) * kLanes);
        FilterTransform<kTaps>(
            x, [&](size_t j, Vec sum) HWY_ATTR { hn::Store(sum, d, to + static_cast<int64_t>(j) * point_stride); });
      }
    }
  }
}

void Stream(const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const FloatTag d;
  for (int64_t i = 0; i < count; i += kLanes) hn::Stream(hn::Load(d, from + i), d, to + i);
  hwy::FlushStream();
}

}  // namespace

winograd::FilterKernels MakeWinogradFilterKernels() {
  return {.taps3 = TransformFilters<3>, .taps5 = TransformFilters<5>, .taps7 = TransformFilters<7>, .stream = Stream};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
