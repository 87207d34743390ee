// The vector code of pool.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_POOL_POOL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_POOL_POOL_INL_H_
#undef FCN_KERNELS_POOL_POOL_INL_H_
#else
#define FCN_KERNELS_POOL_POOL_INL_H_
#endif

#include <algorithm>

#include "kernels/pool/bytes-inl.h"
#include "kernels/pool/kernels.h"
#include "kernels/simd/channels-inl.h"
#include "kernels/simd/taps.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::pool::HWY_NAMESPACE {

/// Folds the taps of every window of a row: combine(accumulator, value) from `start`, then finish(accumulator, x,
/// columns).
template <typename Combine, typename Finish>
HWY_INLINE void RunRow(const Row& row, float start, const Combine& combine, const Finish& finish) {
  for (int64_t x = 0; x < row.width; x++) {
    const int64_t left = x * row.window->stride.w - row.window->padding.left;
    const TapRange columns = TapsInside(left, row.window->kernel.w, 1, row.image_width);
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      FloatVec value = hn::Set(simd::FloatTag(), start);
      for (int i = row.tap_begin; i < row.tap_end; i++) {
        const float* in = row.image + (row.top + i) * row.image_row_stride + left * row.image_pixel_stride + c;
        for (int j = columns.begin; j < columns.end; j++)
          value = combine(value, lanes.Load(in + j * row.image_pixel_stride));
      }
      lanes.Store(finish(value, left, columns), row.output + x * row.output_stride + c);
    });
  }
}

void MaxRow(const Row& row) {
  RunRow(
      row, -std::numeric_limits<float>::infinity(),
      [](FloatVec best, FloatVec v) HWY_ATTR { return hn::IfThenElse(hn::Or(hn::Gt(v, best), hn::IsNaN(v)), v, best); },
      [](FloatVec best, int64_t, TapRange) HWY_ATTR { return best; });
}

void MaxWithWinnersRow(const Row& row) {
  const simd::FloatTag d;
  for (int64_t x = 0; x < row.width; x++) {
    const int64_t left = x * row.window->stride.w - row.window->padding.left;
    const TapRange columns = TapsInside(left, row.window->kernel.w, 1, row.image_width);
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
      FloatVec best = lowest;
      FloatVec winner = hn::Set(d, static_cast<float>(row.tap_begin * row.window->kernel.w + columns.begin));
      for (int i = row.tap_begin; i < row.tap_end; i++) {
        const float* in = row.image + (row.top + i) * row.image_row_stride + left * row.image_pixel_stride + c;
        for (int j = columns.begin; j < columns.end; j++) {
          const FloatVec v = lanes.Load(in + j * row.image_pixel_stride);
          const auto wins = hn::Or(hn::Gt(v, best), hn::IsNaN(v));
          best = hn::IfThenElse(wins, v, best);
          winner = hn::IfThenElse(wins, hn::Set(d, static_cast<float>(i * row.window->kernel.w + j)), winner);
        }
      }
      lanes.Store(best, row.output + x * row.output_stride + c);
      if (row.positive_only)
        winner = hn::IfThenElse(hn::Le(best, hn::Zero(d)), hn::Set(d, static_cast<float>(kNoWinner)), winner);
      StoreBytes(winner, std::min(simd::FloatLanes(), row.channels - c), row.winners + x * row.channels + c);
    });
  }
}

void AverageRow(const Row& row) {
  RunRow(
      row, 0.0f, [](FloatVec sum, FloatVec v) HWY_ATTR { return hn::Add(sum, v); },
      [&](FloatVec sum, int64_t left, TapRange columns) HWY_ATTR {
        const int64_t padded_end = row.image_width + row.window->padding.right;
        const int64_t counted = row.count_padding ? std::min<int64_t>(left + row.window->kernel.w, padded_end) - left
                                                  : columns.end - columns.begin;
        const int64_t divisor = std::max<int64_t>(1, counted * row.counted_rows);
        return hn::Div(sum, hn::Set(simd::FloatTag(), static_cast<float>(divisor)));
      });
}

void Mean(const float* in, int64_t pixels, int64_t stride, int64_t channels, float divisor, float* sums) {
  const FloatVec by = hn::Set(simd::FloatTag(), divisor);
  simd::ForChannels(channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    FloatVec sum = hn::Zero(simd::FloatTag());
    for (int64_t p = 0; p < pixels; p++) sum = hn::Add(sum, lanes.Load(in + p * stride + c));
    lanes.Store(hn::Div(sum, by), sums + c);
  });
}

Kernels MakeKernels() { return {MaxRow, MaxWithWinnersRow, AverageRow, Mean}; }

}  // namespace fcn::pool::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
