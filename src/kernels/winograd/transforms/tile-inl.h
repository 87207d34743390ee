// Included once for each instruction set, so without #pragma once. Vectors run over channels.

#include <cstring>
#include <limits>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/input-inl.h"
#include "kernels/winograd/transforms/tile.h"

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_TILE_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_TILE_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_TILE_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace {

using winograd::InputTile;
using winograd::kPoints;
using winograd::kTile;
using winograd::OutputTile;
using Vec = FloatVec;
constexpr int64_t kMaxLanes = static_cast<int64_t>(hn::MaxLanes(FloatTag()));

/// Aᵀ of F(kOutputs, 9 − kOutputs) times eight vectors that lie `stride` floats apart; calls store(o, vector) for each
/// output.
template <int kOutputs, class StoreFunction>
HWY_INLINE void OutputTransform(const float* HWY_RESTRICT from, int64_t stride, const StoreFunction& store) {
  const FloatTag d;
  const auto load = [=](int i) HWY_ATTR { return hn::Load(d, from + i * stride); };
  const Vec even1 = hn::Add(load(1), load(2)), odd1 = hn::Sub(load(1), load(2));
  const Vec even2 = hn::Add(load(3), load(4)), odd2 = hn::Sub(load(3), load(4));
  const Vec even_half = hn::Add(load(5), load(6)), odd_half = hn::Sub(load(5), load(6));
  store(0, hn::Add(hn::Add(load(0), even1), hn::Add(even2, even_half)));
  float power = 1;
  for (int o = 1; o < kOutputs; o++) {
    power *= 2;
    const bool is_odd = o % 2 != 0;
    Vec sum = hn::MulAdd(hn::Set(d, power), is_odd ? odd2 : even2, is_odd ? odd1 : even1);
    sum = hn::MulAdd(hn::Set(d, 1 / power), is_odd ? odd_half : even_half, sum);
    store(o, o == kOutputs - 1 ? hn::Add(sum, load(7)) : sum);
  }
}

/// Vectors of channels that a tile's transforms take at a time. Between the two passes they stay in the first cache,
/// and each pass goes along eight contiguous runs: touched a vector at a time, the 64 pixels or points of a tile are
/// more streams than processors follow.
constexpr int64_t kChunk = 4;

/// Floats from a row of such intermediate values to the next: not a multiple of 4 KiB, at which the first cache's sets
/// repeat.
HWY_INLINE int64_t HalfStride(int64_t lanes) { return (kTile * kChunk + 1) * lanes; }

/// The first `count` ≤ lanes values at p, and zeros.
HWY_INLINE Vec LoadFirst(const float* p, int64_t count, int64_t lanes) {
  const FloatTag d;
  if (count == lanes) return hn::LoadU(d, p);
  HWY_ALIGN float buffer[kMaxLanes] = {};
  std::memcpy(buffer, p, static_cast<size_t>(count) * sizeof(float));
  return hn::Load(d, buffer);
}

HWY_INLINE void StoreFirst(Vec v, float* p, int64_t count, int64_t lanes) {
  const FloatTag d;
  if (count == lanes) return hn::StoreU(v, d, p);
  HWY_ALIGN float buffer[kMaxLanes];
  hn::Store(v, d, buffer);
  std::memcpy(p, buffer, static_cast<size_t>(count) * sizeof(float));
}

/// Copies row i of a tile that reaches over an edge of the image, or whose last channels do not fill a vector: `count`
/// channels of 8 pixels, to_stride apart, zeros where there are none.
void GatherRow(const InputTile& tile, int64_t i, int64_t channel, int64_t count, float* HWY_RESTRICT to,
               int64_t to_stride) {
  const FloatTag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t y = tile.y + i;
  for (int64_t j = 0; j < kTile; j++, to += to_stride) {
    const int64_t x = tile.x + j;
    const bool inside = y >= 0 && y < tile.height && x >= 0 && x < tile.width;
    const float* from = inside ? tile.image + y * tile.row_stride + x * tile.pixel_stride + channel : nullptr;
    for (int64_t c = 0; c < count; c += lanes)
      hn::Store(inside ? LoadFirst(from + c, HWY_MIN(lanes, count - c), lanes) : hn::Zero(d), d, to + c);
  }
}

void TransformInputTile(const InputTile& tile, float* v, int64_t point_stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(FloatTag())), chunk = kChunk * lanes;
  const bool interior = tile.y >= 0 && tile.y + kTile <= tile.height && tile.x >= 0 && tile.x + kTile <= tile.width;
  HWY_ALIGN float row[kTile * kChunk * kMaxLanes], half[kTile * (kTile * kChunk + 1) * kMaxLanes];
  const int64_t half_stride = HalfStride(lanes);
  for (int64_t first = 0; first < tile.channels; first += chunk) {
    const int64_t count = HWY_MIN(chunk, tile.channels - first);
    const bool in_place = interior && count % lanes == 0;
    for (int64_t i = 0; i < kTile; i++) {
      const float* from = row;
      if (in_place) {
        from = tile.image + (tile.y + i) * tile.row_stride + tile.x * tile.pixel_stride + first;
      } else {
        GatherRow(tile, i, first, count, row, chunk);
      }
      const int64_t from_stride = in_place ? tile.pixel_stride : chunk;
      for (int64_t c = 0; c < count; c += lanes)
        InputTransform(from + c, from_stride, half + i * half_stride + c, chunk);
    }
    for (int64_t j = 0; j < kTile; j++)
      for (int64_t c = 0; c < count; c += lanes)
        InputTransform(half + j * chunk + c, half_stride, v + j * point_stride + first + c, kTile * point_stride);
  }
}

/// The tile's outputs out of `half`, kOutputs × 8 runs of `chunk` channels, of which `count` from `first` on exist.
/// kWhole: whole vectors and all columns, and no residual.
template <int kOutputs, bool kWhole>
HWY_INLINE void FinishTile(const OutputTile& tile, int64_t first, int64_t count, const float* HWY_RESTRICT half,
                           int64_t chunk) {
  const FloatTag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Clamp clamp(tile.activation);
  for (int64_t i = 0; i < tile.rows; i++) {
    for (int64_t k = 0; k < count; k += lanes) {
      const int64_t some = kWhole ? lanes : HWY_MIN(lanes, count - k);
      const Vec bias = tile.bias == nullptr ? hn::Zero(d) : LoadFirst(tile.bias + first + k, some, lanes);
      float* out = tile.out + i * tile.row_stride + first + k;
      const float* residual = nullptr;
      if (!kWhole && tile.residual != nullptr) residual = tile.residual + i * tile.residual_row_stride + first + k;
      OutputTransform<kOutputs>(half + i * HalfStride(lanes) + k, chunk, [&](int o, Vec sum) HWY_ATTR {
        if (!kWhole && o >= tile.columns) return;
        sum = hn::Add(sum, bias);
        if (residual != nullptr) sum = hn::Add(sum, LoadFirst(residual + o * tile.residual_pixel_stride, some, lanes));
        StoreFirst(clamp(sum), out + o * tile.pixel_stride, some, lanes);
      });
    }
    if (!Clamps(tile.activation))
      ActivateRows(tile.activation, tile.slopes != nullptr ? tile.slopes + first : nullptr,
                   tile.out + i * tile.row_stride + first, tile.columns, count, tile.pixel_stride);
  }
}

/// As FinishTile, and then the largest of each 2×2 outputs, or a NaN. kWhole: whole vectors and columns.
template <int kOutputs, bool kWhole>
HWY_INLINE void FinishPooledTile(const OutputTile& tile, int64_t first, int64_t count, const float* HWY_RESTRICT half,
                                 int64_t chunk) {
  const FloatTag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const Clamp clamp(tile.activation);
  for (int64_t i = 0; i < tile.rows; i += 2) {
    for (int64_t k = 0; k < count; k += lanes) {
      const int64_t some = kWhole ? lanes : HWY_MIN(lanes, count - k);
      const Vec bias = tile.bias == nullptr ? hn::Zero(d) : LoadFirst(tile.bias + first + k, some, lanes);
      float* out = tile.out + i / 2 * tile.row_stride + first + k;
      Vec best[kOutputs / 2];
      for (Vec& b : best) b = hn::Set(d, -std::numeric_limits<float>::infinity());
      for (int64_t row = i; row < HWY_MIN(i + 2, tile.rows); row++)
        OutputTransform<kOutputs>(half + row * HalfStride(lanes) + k, chunk, [&](int o, Vec sum) HWY_ATTR {
          if (!kWhole && o >= tile.columns) return;
          const Vec v = clamp(hn::Add(sum, bias));
          best[o / 2] = hn::IfThenElse(hn::Or(hn::Gt(v, best[o / 2]), hn::IsNaN(v)), v, best[o / 2]);
        });
      for (int o = 0; o < kOutputs / 2; o++)
        if (kWhole || int64_t{2} * o < tile.columns) StoreFirst(best[o], out + o * tile.pixel_stride, some, lanes);
    }
  }
}

template <int kOutputs, bool kPooled>
void TransformOutputTile(const OutputTile& tile, const float* m, int64_t point_stride) {
  const FloatTag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d)), chunk = kChunk * lanes;
  HWY_ALIGN float half[kOutputs * (kTile * kChunk + 1) * kMaxLanes];
  const int64_t half_stride = HalfStride(lanes);
  for (int64_t first = 0; first < tile.channels; first += chunk) {
    const int64_t count = HWY_MIN(chunk, tile.channels - first);
    for (int64_t j = 0; j < kTile; j++)
      for (int64_t k = 0; k < count; k += lanes)
        OutputTransform<kOutputs>(m + j * point_stride + first + k, kTile * point_stride, [&](int o, Vec sum) HWY_ATTR {
          hn::Store(sum, d, half + o * half_stride + j * chunk + k);
        });
    const bool whole = count % lanes == 0 && tile.columns == kOutputs && tile.residual == nullptr;
    if constexpr (kPooled) {
      (whole ? FinishPooledTile<kOutputs, true> : FinishPooledTile<kOutputs, false>)(tile, first, count, half, chunk);
    } else {
      (whole ? FinishTile<kOutputs, true> : FinishTile<kOutputs, false>)(tile, first, count, half, chunk);
    }
  }
}

}  // namespace

winograd::TransformKernels MakeWinogradKernels() {
  return {.lanes = static_cast<int>(hn::Lanes(FloatTag())),
          .input = TransformInputTile,
          .outputs6 = TransformOutputTile<6, false>,
          .outputs4 = TransformOutputTile<4, false>,
          .outputs2 = TransformOutputTile<2, false>,
          .pooled6 = TransformOutputTile<6, true>,
          .pooled4 = TransformOutputTile<4, true>,
          .pooled2 = TransformOutputTile<2, true>};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
