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

void Sums(const Block& b, float* sums) {
  const simd::FloatTag d;
  simd::ForChannelGroups<4>(b.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    FloatVec mean[kVectors], sum[kVectors], products[kVectors];
    const int64_t step = simd::FloatLanes();
    for (int v = 0; v < kVectors; v++) {
      mean[v] = lanes.Load(b.mean + c + v * step);
      sum[v] = products[v] = hn::Zero(d);
    }
    for (int64_t p = 0; p < b.pixels; p++)
      for (int v = 0; v < kVectors; v++) {
        const FloatVec g = lanes.Load(b.g + p * b.g_stride + c + v * step);
        const FloatVec deviation = hn::Sub(lanes.Load(b.x + p * b.x_stride + c + v * step), mean[v]);
        sum[v] = hn::Add(sum[v], g);
        products[v] = hn::MulAdd(g, deviation, products[v]);
      }
    for (int v = 0; v < kVectors; v++) {
      lanes.Store(sum[v], sums + c + v * step);
      lanes.Store(products[v], sums + b.channels + c + v * step);
    }
  });
}

/// (x − mean) · x_factor + shift of pixel p.
template <typename Lanes>
HWY_INLINE FloatVec Scaled(const Block& b, int64_t p, int64_t c, const Lanes& lanes) {
  const FloatVec deviation = hn::Sub(lanes.Load(b.x + p * b.x_stride + c), lanes.Load(b.mean + c));
  return hn::MulAdd(deviation, lanes.Load(b.x_factor + c), lanes.Load(b.shift + c));
}

void Normalise(const Block& b) {
  const simd::Clamp clamp(b.activation);
  for (int64_t p = 0; p < b.pixels; p++)
    simd::ForChannels(b.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      lanes.Store(clamp(Scaled(b, p, c, lanes)), b.out + p * b.out_stride + c);
    });
}

void Gradient(const Block& b) {
  for (int64_t p = 0; p < b.pixels; p++)
    simd::ForChannels(b.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec g = lanes.Load(b.g + p * b.g_stride + c);
      lanes.Store(hn::MulAdd(g, lanes.Load(b.g_factor + c), Scaled(b, p, c, lanes)), b.out + p * b.out_stride + c);
    });
}

Kernels MakeKernels() { return {Moments, Sums, Normalise, Gradient}; }

}  // namespace fcn::batch_norm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
