// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_POOL_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_POOL_GRADIENT_INL_H_
#undef FCN_KERNELS_POOL_GRADIENT_INL_H_
#else
#define FCN_KERNELS_POOL_GRADIENT_INL_H_
#endif

#include <algorithm>

#include "kernels/pool/bytes-inl.h"
#include "kernels/pool/gradient_kernels.h"
#include "kernels/simd/channels-inl.h"
#include "kernels/simd/taps.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::pool::HWY_NAMESPACE {

/// A window at its place: taps (i, j) of `rows` and `columns` lie inside the image, those of `band_rows` in the band
/// too.
struct PlacedWindow {
  int64_t top, left;
  TapRange rows, columns, band_rows;
  const float* g;
  const uint8_t* winners;
};

/// Sets the band's pixels [x_begin, x_end) of a row to 0.
HWY_INLINE void ZeroRow(const Band& band, int64_t y, int64_t x_begin, int64_t x_end) {
  for (int64_t x = x_begin; x < x_end; x++)
    simd::ForChannels(band.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      lanes.Store(hn::Zero(simd::FloatTag()), band.output + y * band.output_row_stride + x * band.output_stride + c);
    });
}

/// Whether windows cover the image side by side, so that each pixel has one window at most.
HWY_INLINE bool SideBySide(const Window& window) { return window.kernel == window.stride; }

/// Sets what no window covers to 0, where they lie side by side.
HWY_INLINE void ZeroUncovered(const Band& band) {
  const Window& window = *band.window;
  const int64_t right = std::clamp<int64_t>(band.g_width * window.stride.w - window.padding.left, 0, band.width);
  const int64_t bottom = band.window_end * window.stride.h - window.padding.top;
  for (int64_t y = band.row_begin; y < band.row_end; y++) ZeroRow(band, y, y < bottom ? right : 0, band.width);
}

HWY_INLINE void ZeroBand(const Band& band) {
  for (int64_t y = band.row_begin; y < band.row_end; y++) ZeroRow(band, y, 0, band.width);
}

/// Calls visit(placed) for the band's windows, row by row.
template <typename Visit>
HWY_INLINE void ForWindows(const Band& band, const Visit& visit) {
  const Window& window = *band.window;
  for (int64_t y = band.window_begin; y < band.window_end; y++) {
    PlacedWindow placed{};
    placed.top = y * window.stride.h - window.padding.top;
    placed.rows = TapsInside(placed.top, window.kernel.h, 1, band.height);
    placed.band_rows = {std::max(placed.rows.begin, static_cast<int>(band.row_begin - placed.top)),
                        static_cast<int>(std::min<int64_t>(placed.rows.end, band.row_end - placed.top))};
    for (int64_t x = 0; x < band.g_width; x++) {
      placed.left = x * window.stride.w - window.padding.left;
      placed.columns = TapsInside(placed.left, window.kernel.w, 1, band.width);
      placed.g = band.g + y * band.g_row_stride + x * band.g_stride;
      placed.winners = band.winners == nullptr ? nullptr : band.winners + (y * band.g_width + x) * band.channels;
      visit(placed);
    }
  }
}

/// Adds value(tap) to the gradient under each tap of the window in the band; taps are numbered row by row.
template <typename Lanes, typename Value>
HWY_INLINE void AddToTaps(const Band& band, const PlacedWindow& w, int64_t c, const Lanes& lanes, const Value& value) {
  for (int i = w.band_rows.begin; i < w.band_rows.end; i++) {
    float* row = band.output + (w.top + i) * band.output_row_stride + w.left * band.output_stride + c;
    for (int j = w.columns.begin; j < w.columns.end; j++) {
      float* out = row + j * band.output_stride;
      lanes.Store(hn::Add(lanes.Load(out), value(i * band.window->kernel.w + j)), out);
    }
  }
}

void MaxGradient(const Band& band) {
  const simd::FloatTag d;
  ZeroBand(band);
  ForWindows(band, [&](const PlacedWindow& w) HWY_ATTR {
    simd::ForChannels(band.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const auto number = [&](int tap) HWY_ATTR { return hn::Set(d, static_cast<float>(tap)); };
      FloatVec best = hn::Set(d, -std::numeric_limits<float>::infinity());
      FloatVec winner = number(w.rows.begin * band.window->kernel.w + w.columns.begin);
      for (int i = w.rows.begin; i < w.rows.end; i++) {
        const float* row = band.image + (w.top + i) * band.image_row_stride + w.left * band.image_stride + c;
        for (int j = w.columns.begin; j < w.columns.end; j++) {
          const FloatVec v = lanes.Load(row + j * band.image_stride);
          const auto wins = hn::Or(hn::Gt(v, best), hn::IsNaN(v));
          best = hn::IfThenElse(wins, v, best);
          winner = hn::IfThenElse(wins, number(i * band.window->kernel.w + j), winner);
        }
      }
      const FloatVec g = lanes.Load(w.g + c);
      AddToTaps(band, w, c, lanes,
                [&](int tap) HWY_ATTR { return hn::IfThenElseZero(hn::Eq(winner, number(tap)), g); });
    });
  });
}

void MaxGradientOfWinners(const Band& band) {
  const simd::FloatTag d;
  const bool side_by_side = SideBySide(*band.window);
  side_by_side ? ZeroUncovered(band) : ZeroBand(band);
  ForWindows(band, [&](const PlacedWindow& w) HWY_ATTR {
    simd::ForChannels(band.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const auto winner = LoadBytes(w.winners + c, std::min(simd::FloatLanes(), band.channels - c));
      const FloatVec g = lanes.Load(w.g + c);
      const auto part = [&](int tap) HWY_ATTR {
        return hn::IfThenElseZero(hn::RebindMask(d, hn::Eq(winner, hn::Set(IntTag(), tap))), g);
      };
      if (!side_by_side) return AddToTaps(band, w, c, lanes, part);
      for (int i = w.band_rows.begin; i < w.band_rows.end; i++) {
        float* row = band.output + (w.top + i) * band.output_row_stride + w.left * band.output_stride + c;
        for (int j = w.columns.begin; j < w.columns.end; j++)  // adding to 0 turns -0 into 0, as elsewhere
          lanes.Store(hn::Add(part(i * band.window->kernel.w + j), hn::Zero(d)), row + j * band.output_stride);
      }
    });
  });
}

void AverageGradient(const Band& band) {
  const Window& window = *band.window;
  ZeroBand(band);
  ForWindows(band, [&](const PlacedWindow& w) HWY_ATTR {
    const auto counted = [&](int64_t begin, int taps, TapRange inside, int64_t padded_end) HWY_ATTR {
      return band.count_padding ? std::min<int64_t>(begin + taps, padded_end) - begin
                                : static_cast<int64_t>(inside.end - inside.begin);
    };
    const int64_t divisor = counted(w.top, window.kernel.h, w.rows, band.height + window.padding.bottom) *
                            counted(w.left, window.kernel.w, w.columns, band.width + window.padding.right);
    const FloatVec by = hn::Set(simd::FloatTag(), static_cast<float>(std::max<int64_t>(1, divisor)));
    simd::ForChannels(band.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec part = hn::Div(lanes.Load(w.g + c), by);
      AddToTaps(band, w, c, lanes, [&](int) HWY_ATTR { return part; });
    });
  });
}

void Spread(const float* g, float divisor, int64_t channels, float* out, int64_t pixels, int64_t stride) {
  const FloatVec by = hn::Set(simd::FloatTag(), divisor);
  for (int64_t p = 0; p < pixels; p++)
    simd::ForChannels(channels, [&](int64_t c, const auto& lanes)
                                    HWY_ATTR { lanes.Store(hn::Div(lanes.Load(g + c), by), out + p * stride + c); });
}

GradientKernels MakeGradientKernels() { return {MaxGradient, MaxGradientOfWinners, AverageGradient, Spread}; }

}  // namespace fcn::pool::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
