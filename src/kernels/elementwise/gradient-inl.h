// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#undef FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#else
#define FCN_KERNELS_ELEMENTWISE_GRADIENT_INL_H_
#endif

#include "kernels/elementwise/gradient_kernels.h"
#include "kernels/simd/functions-inl.h"
#include "tensor/random.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::elementwise::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

void CurvedGradient(const Span& s) {
  for (int64_t p = 0; p < s.pixels; p++)
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec slope = simd::Derivative(s.activation, lanes.Load(s.b + p * s.b_stride + c));
      lanes.Store(hn::Mul(lanes.Load(s.a + p * s.a_stride + c), slope), s.out + p * s.out_stride + c);
    });
}

void LeakyReluGradient(const Span& s) {
  const FloatVec zero = hn::Zero(simd::FloatTag());
  for (int64_t p = 0; p < s.pixels; p++)
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec g = lanes.Load(s.a + p * s.a_stride + c), x = lanes.Load(s.b + p * s.b_stride + c);
      lanes.Store(hn::IfThenElse(hn::Gt(x, zero), g, hn::Mul(g, lanes.Load(s.slopes + c))),
                  s.out + p * s.out_stride + c);
    });
}

void ActivationGradient(const Span& s) {
  if (s.activation == Activation::kLeakyRelu) return LeakyReluGradient(s);
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

/// sums[c] = Σ add(sum so far, p, c, lanes) over the pixels in order.
template <typename Add>
HWY_INLINE void SumPixels(const Span& s, float* sums, const Add& add) {
  simd::ForChannelGroups<4>(s.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
    constexpr int kVectors = decltype(vectors)::value;
    FloatVec sum[kVectors];
    for (FloatVec& v : sum) v = hn::Zero(simd::FloatTag());
    const int64_t step = simd::FloatLanes();
    for (int64_t p = 0; p < s.pixels; p++)
      for (int v = 0; v < kVectors; v++) sum[v] = add(sum[v], p, c + v * step, lanes);
    for (int v = 0; v < kVectors; v++) lanes.Store(sum[v], sums + c + v * step);
  });
}

void ChannelSums(const Span& s, float* sums) {
  SumPixels(s, sums, [&](FloatVec sum, int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    return hn::Add(sum, lanes.Load(s.a + p * s.a_stride + c));
  });
}

void ProductSums(const Span& s, float* sums) {
  SumPixels(s, sums, [&](FloatVec sum, int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    return hn::MulAdd(lanes.Load(s.a + p * s.a_stride + c), lanes.Load(s.b + p * s.b_stride + c), sum);
  });
}

void SlopeSums(const Span& s, float* sums) {
  const FloatVec zero = hn::Zero(simd::FloatTag());
  SumPixels(s, sums, [&](FloatVec sum, int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    const FloatVec g = lanes.Load(s.a + p * s.a_stride + c), x = lanes.Load(s.b + p * s.b_stride + c);
    return hn::Add(sum, hn::IfThenZeroElse(hn::Gt(x, zero), hn::Mul(g, x)));
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

GradientKernels MakeGradientKernels() {
  return {ActivationGradient, SoftmaxGradient, ChannelSums, ProductSums, SlopeSums, Dropout};
}

}  // namespace fcn::elementwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
