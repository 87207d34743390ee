// Included once for each instruction set, so without #pragma once. Vectors run over channels.

#include <cstring>

#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms.h"

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {
namespace {

using winograd::InputTile;
using winograd::kPoints;
using winograd::kTile;
using winograd::OutputTile;
namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::ScalableTag<float>;
using Vec = hn::Vec<FloatTag>;
constexpr int64_t kMaxLanes = static_cast<int64_t>(hn::MaxLanes(FloatTag()));

/// Bᵀ times eight vectors that lie `from_stride` floats apart.
HWY_INLINE void InputTransform(const float* from, int64_t from_stride, float* HWY_RESTRICT to, int64_t to_stride) {
  const FloatTag d;
  const Vec x0 = hn::LoadU(d, from), x1 = hn::LoadU(d, from + from_stride);
  const Vec x2 = hn::LoadU(d, from + 2 * from_stride), x3 = hn::LoadU(d, from + 3 * from_stride);
  const Vec x4 = hn::LoadU(d, from + 4 * from_stride), x5 = hn::LoadU(d, from + 5 * from_stride);
  const Vec x6 = hn::LoadU(d, from + 6 * from_stride), x7 = hn::LoadU(d, from + 7 * from_stride);

  // Points come in pairs ±a, whose rows differ only in the sign of the odd terms.
  const Vec even1 = hn::NegMulAdd(hn::Set(d, 4.25f), x4, hn::Add(x2, x6));
  const Vec odd1 = hn::NegMulAdd(hn::Set(d, 4.25f), x3, hn::Add(x1, x5));
  const Vec even2 = hn::MulAdd(hn::Set(d, 0.25f), x2, hn::NegMulAdd(hn::Set(d, 1.25f), x4, x6));
  const Vec even_half = hn::MulAdd(hn::Set(d, 4.0f), x2, hn::NegMulAdd(hn::Set(d, 5.0f), x4, x6));
  const Vec middle = hn::Mul(hn::Set(d, 2.5f), x3);
  const Vec odd2 = hn::MulAdd(hn::Set(d, 2.0f), x5, hn::MulSub(hn::Set(d, 0.5f), x1, middle));
  const Vec odd_half = hn::MulAdd(hn::Set(d, 2.0f), x1, hn::MulSub(hn::Set(d, 0.5f), x5, middle));

  hn::Store(hn::MulAdd(hn::Set(d, 5.25f), hn::Sub(x4, x2), hn::Sub(x0, x6)), d, to);
  hn::Store(hn::Add(even1, odd1), d, to + to_stride);
  hn::Store(hn::Sub(even1, odd1), d, to + 2 * to_stride);
  hn::Store(hn::Add(even2, odd2), d, to + 3 * to_stride);
  hn::Store(hn::Sub(even2, odd2), d, to + 4 * to_stride);
  hn::Store(hn::Add(even_half, odd_half), d, to + 5 * to_stride);
  hn::Store(hn::Sub(even_half, odd_half), d, to + 6 * to_stride);
  hn::Store(hn::MulAdd(hn::Set(d, 5.25f), hn::Sub(x3, x5), hn::Sub(x7, x1)), d, to + 7 * to_stride);
}

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

/// Copies a patch of 8×8 pixels and `count` ≤ lanes channels from a tile that reaches over an edge of the image, or
/// whose last channels do not fill a vector; zeros elsewhere.
void GatherPatch(const InputTile& tile, int64_t channel, int64_t count, int64_t lanes, float* HWY_RESTRICT patch) {
  const FloatTag d;
  for (int64_t i = 0; i < kTile; i++)
    for (int64_t j = 0; j < kTile; j++, patch += lanes) {
      const int64_t y = tile.y + i, x = tile.x + j;
      const bool inside = y >= 0 && y < tile.height && x >= 0 && x < tile.width;
      const float* from = inside ? tile.image + y * tile.row_stride + x * tile.pixel_stride + channel : nullptr;
      if (inside && count == lanes) {
        hn::Store(hn::LoadU(d, from), d, patch);
      } else {
        hn::Store(hn::Zero(d), d, patch);
        if (inside) std::memcpy(patch, from, static_cast<size_t>(count) * sizeof(float));
      }
    }
}

void TransformInputTile(const InputTile& tile, float* v, int64_t point_stride) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(FloatTag()));
  const bool interior = tile.y >= 0 && tile.y + kTile <= tile.height && tile.x >= 0 && tile.x + kTile <= tile.width;
  HWY_ALIGN float patch[kPoints * kMaxLanes], half[kPoints * kMaxLanes];
  for (int64_t c = 0; c < tile.channels; c += lanes) {
    const int64_t count = HWY_MIN(lanes, tile.channels - c);
    const float* from = patch;
    int64_t row_stride = kTile * lanes, pixel_stride = lanes;
    if (interior && count == lanes) {
      from = tile.image + tile.y * tile.row_stride + tile.x * tile.pixel_stride + c;
      row_stride = tile.row_stride;
      pixel_stride = tile.pixel_stride;
    } else {
      GatherPatch(tile, c, count, lanes, patch);
    }
    for (int64_t i = 0; i < kTile; i++)
      InputTransform(from + i * row_stride, pixel_stride, half + i * kTile * lanes, lanes);
    for (int64_t j = 0; j < kTile; j++)
      InputTransform(half + j * lanes, kTile * lanes, v + j * point_stride + c, kTile * point_stride);
  }
}

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

template <int kOutputs>
void TransformOutputTile(const OutputTile& tile, const float* m, int64_t point_stride) {
  const FloatTag d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  HWY_ALIGN float half[kMaxLanes * kTile * kOutputs];
  for (int64_t k = 0; k < tile.channels; k += lanes) {
    const int64_t count = HWY_MIN(lanes, tile.channels - k);
    for (int64_t j = 0; j < kTile; j++)
      OutputTransform<kOutputs>(m + j * point_stride + k, kTile * point_stride, [&](int o, Vec sum) HWY_ATTR {
        hn::Store(sum, d, half + (o * int64_t{kTile} + j) * lanes);
      });
    const Vec bias = tile.bias == nullptr ? hn::Zero(d) : LoadFirst(tile.bias + k, count, lanes);
    for (int64_t i = 0; i < tile.rows; i++) {
      float* out = tile.out + i * tile.row_stride + k;
      const float* residual = tile.residual == nullptr ? nullptr : tile.residual + i * tile.residual_row_stride + k;
      OutputTransform<kOutputs>(half + i * kTile * lanes, lanes, [&](int o, Vec sum) HWY_ATTR {
        if (o >= tile.columns) return;
        sum = hn::Add(sum, bias);
        if (residual != nullptr) sum = hn::Add(sum, LoadFirst(residual + o * tile.residual_pixel_stride, count, lanes));
        // In this order of arguments a NaN stays one.
        if (tile.activation != Activation::kNone) sum = hn::Max(hn::Zero(d), sum);
        if (tile.activation == Activation::kRelu6) sum = hn::Min(hn::Set(d, 6.0f), sum);
        StoreFirst(sum, out + o * tile.pixel_stride, count, lanes);
      });
    }
  }
}

}  // namespace

winograd::TransformKernels MakeWinogradKernels() {
  return {.lanes = static_cast<int>(hn::Lanes(FloatTag())),
          .input = TransformInputTile,
          .outputs6 = TransformOutputTile<6>,
          .outputs4 = TransformOutputTile<4>,
          .outputs2 = TransformOutputTile<2>};
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
