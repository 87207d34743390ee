// The vector code of batch_norm.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_BATCH_NORM_BATCH_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_BATCH_NORM_BATCH_NORM_INL_H_
#undef FCN_KERNELS_BATCH_NORM_BATCH_NORM_INL_H_
#else
#define FCN_KERNELS_BATCH_NORM_BATCH_NORM_INL_H_
#endif

#include <algorithm>

#include "kernels/batch_norm/kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::batch_norm::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

/// Pixels whose mean the deviations are taken from.
constexpr int64_t kShiftPixels = 16;

// Σ (x − shift)² − (Σ (x − shift))² / n in one pass. With k of the n pixels' mean as the shift, the difference is at
// least k / n of the first sum, whatever the values: little is cancelled, however large the mean is.
void Moments(const Block& b, float* sums) {
  const simd::FloatTag d;
  const int64_t step = simd::FloatLanes(), shift_pixels = std::min(b.pixels, kShiftPixels);
  const FloatVec inverse = hn::Set(d, 1.0f / static_cast<float>(b.pixels));
  const FloatVec shift_inverse = hn::Set(d, 1.0f / static_cast<float>(shift_pixels));
  simd::ForChannelGroups<4>(b.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    FloatVec shift[kVectors], sum[kVectors], squares[kVectors];
    for (int v = 0; v < kVectors; v++) shift[v] = sum[v] = squares[v] = hn::Zero(d);
    for (int64_t p = 0; p < shift_pixels; p++)
      for (int v = 0; v < kVectors; v++) shift[v] = hn::Add(shift[v], lanes.Load(b.x + p * b.x_stride + c + v * step));
    for (int v = 0; v < kVectors; v++) shift[v] = hn::Mul(shift[v], shift_inverse);
    for (int64_t p = 0; p < b.pixels; p++)
      for (int v = 0; v < kVectors; v++) {
        const FloatVec deviation = hn::Sub(lanes.Load(b.x + p * b.x_stride + c + v * step), shift[v]);
        sum[v] = hn::Add(sum[v], deviation);
        squares[v] = hn::MulAdd(deviation, deviation, squares[v]);
      }
    for (int v = 0; v < kVectors; v++) {
      const FloatVec apart = hn::Mul(sum[v], inverse);
      lanes.Store(hn::Add(shift[v], apart), sums + c + v * step);
      lanes.Store(hn::NegMulAdd(sum[v], apart, squares[v]), sums + b.channels + c + v * step);
    }
  });
}

/// g where the activation lets it pass, else 0; `value` is what the activation was applied to.
template <Activation kActivation>
HWY_INLINE FloatVec Masked(FloatVec g, FloatVec value) {
  const simd::FloatTag d;
  if constexpr (kActivation == Activation::kNone) return g;
  auto passes = hn::Gt(value, hn::Zero(d));
  if constexpr (kActivation == Activation::kRelu6) passes = hn::And(passes, hn::Lt(value, hn::Set(d, 6.0f)));
  // Not IfThenElseZero, of which GCC makes a masked load of g: it waits for the mask.
  return hn::And(g, hn::VecFromMask(d, passes));
}

template <Activation kActivation>
void SumsMasked(const Block& b, float* sums) {
  const simd::FloatTag d;
  simd::ForChannelGroups<4>(b.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    FloatVec mean[kVectors], factor[kVectors], shift[kVectors], sum[kVectors], products[kVectors];
    const int64_t step = simd::FloatLanes();
    HWY_UNROLL(4)
    for (int v = 0; v < kVectors; v++) {
      mean[v] = lanes.Load(b.mean + c + v * step);
      if constexpr (kActivation != Activation::kNone) {
        factor[v] = lanes.Load(b.mask_factor + c + v * step);
        shift[v] = lanes.Load(b.mask_shift + c + v * step);
      }
      sum[v] = products[v] = hn::Zero(d);
    }
    for (int64_t p = 0; p < b.pixels; p++) HWY_UNROLL(4)
    for (int v = 0; v < kVectors; v++) {
      FloatVec g = lanes.Load(b.g + p * b.g_stride + c + v * step);
      const FloatVec deviation = hn::Sub(lanes.Load(b.x + p * b.x_stride + c + v * step), mean[v]);
      if constexpr (kActivation != Activation::kNone)
        g = Masked<kActivation>(g, hn::MulAdd(deviation, factor[v], shift[v]));
      sum[v] = hn::Add(sum[v], g);
      products[v] = hn::MulAdd(g, deviation, products[v]);
    }
    HWY_UNROLL(4)
    for (int v = 0; v < kVectors; v++) {
      lanes.Store(sum[v], sums + c + v * step);
      lanes.Store(products[v], sums + b.channels + c + v * step);
    }
  });
}

/// x − mean of pixel p.
template <typename Lanes>
HWY_INLINE FloatVec Deviation(const Block& b, int64_t p, int64_t c, const Lanes& lanes) {
  return hn::Sub(lanes.Load(b.x + p * b.x_stride + c), lanes.Load(b.mean + c));
}

/// value · factor + shift.
template <typename Lanes>
HWY_INLINE FloatVec Scaled(FloatVec value, const float* factor, const float* shift, int64_t c, const Lanes& lanes) {
  return hn::MulAdd(value, lanes.Load(factor + c), lanes.Load(shift + c));
}

void Normalise(const Block& b) {
  const simd::Clamp clamp(b.activation);
  for (int64_t p = 0; p < b.pixels; p++)
    simd::ForChannels(b.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec y = Scaled(Deviation(b, p, c, lanes), b.x_factor, b.shift, c, lanes);
      lanes.Store(clamp(y), b.out + p * b.out_stride + c);
    });
}

template <Activation kActivation>
void GradientMasked(const Block& b) {
  for (int64_t p = 0; p < b.pixels; p++)
    simd::ForChannels(b.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      FloatVec g = lanes.Load(b.g + p * b.g_stride + c);
      const FloatVec deviation = Deviation(b, p, c, lanes);
      if constexpr (kActivation != Activation::kNone)
        g = Masked<kActivation>(g, Scaled(deviation, b.mask_factor, b.mask_shift, c, lanes));
      const FloatVec rest = Scaled(deviation, b.x_factor, b.shift, c, lanes);
      lanes.Store(hn::MulAdd(g, lanes.Load(b.g_factor + c), rest), b.out + p * b.out_stride + c);
    });
}

void Sums(const Block& b, float* sums) {
  if (b.activation == Activation::kRelu6) return SumsMasked<Activation::kRelu6>(b, sums);
  if (b.activation == Activation::kRelu) return SumsMasked<Activation::kRelu>(b, sums);
  SumsMasked<Activation::kNone>(b, sums);
}

void Gradient(const Block& b) {
  if (b.activation == Activation::kRelu6) return GradientMasked<Activation::kRelu6>(b);
  if (b.activation == Activation::kRelu) return GradientMasked<Activation::kRelu>(b);
  GradientMasked<Activation::kNone>(b);
}

Kernels MakeKernels() { return {Moments, Sums, Normalise, Gradient}; }

}  // namespace fcn::batch_norm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
