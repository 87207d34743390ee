// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#undef FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#else
#define FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#endif

#include "kernels/elementwise/gradient_kernels.h"
#include "kernels/simd/channels-inl.h"
#include "tensor/random.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::elementwise::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

/// The derivative of an activation that does more than clamp, at y (or at x where DerivativeReadsInput).
HWY_INLINE FloatVec Derivative(Activation activation, FloatVec at) {
  const simd::FloatTag d;
  const FloatVec one = hn::Set(d, 1.0f), sixth = hn::Set(d, 1.0f / 6);
  if (activation == Activation::kSigmoid) return hn::Mul(at, hn::Sub(one, at));
  if (activation == Activation::kTanh) return hn::Sub(one, hn::Mul(at, at));
  if (activation == Activation::kHardSigmoid)
    return hn::IfThenZeroElse(hn::Or(hn::Le(at, hn::Zero(d)), hn::Ge(at, one)), sixth);
  const FloatVec three = hn::Set(d, 3.0f);  // HardSwish
  const FloatVec slope = hn::MulAdd(at, hn::Set(d, 1.0f / 3), hn::Set(d, 0.5f));
  return hn::IfThenElse(hn::Ge(at, three), one, hn::IfThenZeroElse(hn::Le(at, hn::Neg(three)), slope));
}

void CurvedGradient(const Span& s) {
  for (int64_t p = 0; p < s.pixels; p++)
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec slope = Derivative(s.activation, lanes.Load(s.b + p * s.b_stride + c));
      lanes.Store(hn::Mul(lanes.Load(s.a + p * s.a_stride + c), slope), s.out + p * s.out_stride + c);
    });
}

void ActivationGradient(const Span& s) {
  if (!Clamps(s.activation)) return CurvedGradient(s);
  const simd::FloatTag d;
  // No number lies at or beyond an end that is NaN.
  const float none = std::numeric_limits<float>::quiet_NaN();
  const FloatVec low = hn::Set(d, s.activation == Activation::kNone ? none : 0.0f);
  const FloatVec high = hn::Set(d, s.activation == Activation::kRelu6 ? 6.0f : none);
  for (int64_t p = 0; p < s.pixels; p++)
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec y = lanes.Load(s.b + p * s.b_stride + c);
      const auto outside = hn::Or(hn::Le(y, low), hn::Ge(y, high));
      lanes.Store(hn::IfThenZeroElse(outside, lanes.Load(s.a + p * s.a_stride + c)), s.out + p * s.out_stride + c);
    });
}

void SoftmaxGradient(const Span& s) {
  for (int64_t p = 0; p < s.pixels; p++) {
    const float *g = s.a + p * s.a_stride, *y = s.b + p * s.b_stride;
    float sum = 0;
    for (int64_t c = 0; c < s.channels; c++) sum += g[c] * y[c];
    const FloatVec mean = hn::Set(simd::FloatTag(), sum);
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      lanes.Store(hn::Mul(lanes.Load(y + c), hn::Sub(lanes.Load(g + c), mean)), s.out + p * s.out_stride + c);
    });
  }
}

void ChannelSums(const Span& s, float* sums) {
  simd::ForChannelGroups<4>(s.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    FloatVec sum[kVectors];
    for (FloatVec& v : sum) v = hn::Zero(simd::FloatTag());
    const int64_t step = simd::FloatLanes();
    for (int64_t p = 0; p < s.pixels; p++)
      for (int v = 0; v < kVectors; v++) sum[v] = hn::Add(sum[v], lanes.Load(s.a + p * s.a_stride + c + v * step));
    for (int v = 0; v < kVectors; v++) lanes.Store(sum[v], sums + c + v * step);
  });
}

// Compilers turn this loop into vectors by themselves, with the 64-bit products of AVX-512 where there are any.
void Dropout(const Span& s, uint64_t seed, uint64_t first, uint64_t threshold) {
  for (int64_t p = 0; p < s.pixels; p++) {
    const float* in = s.a + p * s.a_stride;
    float* out = s.out + p * s.out_stride;
    const uint64_t index = first + static_cast<uint64_t>(p * s.channels);
    for (int64_t c = 0; c < s.channels; c++) {
      const float kept = in[c] / s.factor;
      out[c] = RandomBits(seed, index + static_cast<uint64_t>(c)) < threshold ? 0.0f : kept;
    }
  }
}

GradientKernels MakeGradientKernels() { return {ActivationGradient, SoftmaxGradient, ChannelSums, Dropout}; }

}  // namespace fcn::elementwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
