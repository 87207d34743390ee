// The vector code of elementwise.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_ELEMENTWISE_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_ELEMENTWISE_ELEMENTWISE_INL_H_
#undef FCN_KERNELS_ELEMENTWISE_ELEMENTWISE_INL_H_
#else
#define FCN_KERNELS_ELEMENTWISE_ELEMENTWISE_INL_H_
#endif

#include <cmath>

#include "hwy/contrib/math/math-inl.h"
#include "kernels/elementwise/kernels.h"
#include "kernels/simd/functions-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::elementwise::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

/// Stores compute(p, c, lanes) to every vector of channels c of every pixel p.
template <typename Compute>
HWY_INLINE void ForSpan(const Span& s, const Compute& compute) {
  for (int64_t p = 0; p < s.pixels; p++) {
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes)
                                      HWY_ATTR { lanes.Store(compute(p, c, lanes), s.out + p * s.out_stride + c); });
  }
}

/// ForSpan of activation(compute(p, c, lanes)).
template <typename Compute>
HWY_INLINE void ForActivated(const Span& s, const Compute& compute) {
  if (Clamps(s.activation)) {
    const simd::Clamp clamp(s.activation);
    ForSpan(s, [&](int64_t p, int64_t c, const auto& lanes) HWY_ATTR { return clamp(compute(p, c, lanes)); });
  } else if (s.activation == Activation::kLeakyRelu) {
    ForSpan(s, [&](int64_t p, int64_t c, const auto& lanes)
                   HWY_ATTR { return simd::LeakyRelu(compute(p, c, lanes), lanes.Load(s.slopes + c)); });
  } else {
    ForSpan(s, [&](int64_t p, int64_t c, const auto& lanes)
                   HWY_ATTR { return simd::Activate(s.activation, compute(p, c, lanes)); });
  }
}

void Activate(const Span& s) {
  ForActivated(s,
               [&](int64_t p, int64_t c, const auto& lanes) HWY_ATTR { return lanes.Load(s.a + p * s.a_stride + c); });
}

void Add(const Span& s) {
  ForActivated(s, [&](int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    return hn::Add(lanes.Load(s.a + p * s.a_stride + c), lanes.Load(s.b + p * s.b_stride + c));
  });
}

void Multiply(const Span& s) {
  ForActivated(s, [&](int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    return hn::Mul(lanes.Load(s.a + p * s.a_stride + c), lanes.Load(s.b + p * s.b_stride + c));
  });
}

void Scale(const Span& s) {
  const FloatVec factor = hn::Set(simd::FloatTag(), s.factor);
  ForSpan(s, [&](int64_t p, int64_t c, const auto& lanes)
                 HWY_ATTR { return hn::Mul(lanes.Load(s.a + p * s.a_stride + c), factor); });
}

void ScaleShift(const Span& s) {
  ForActivated(s, [&](int64_t p, int64_t c, const auto& lanes) HWY_ATTR {
    return hn::MulAdd(lanes.Load(s.a + p * s.a_stride + c), lanes.Load(s.scale + c), lanes.Load(s.shift + c));
  });
}

/// The largest value that is no NaN, −∞ where there is none; has_nan tells of the others.
HWY_INLINE float LargestOf(const float* in, int64_t channels, bool* has_nan) {
  const simd::FloatTag d;
  const FloatVec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  FloatVec best = lowest, nans = hn::Zero(d);
  simd::ForChannels(channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    const FloatVec v = lanes.Or(lanes.Load(in + c), lowest);
    best = hn::IfThenElse(hn::Gt(v, best), v, best);
    nans = hn::Or(nans, hn::VecFromMask(d, hn::IsNaN(v)));
  });
  *has_nan = !hn::AllFalse(d, hn::IsNaN(nans));
  // The portable MaxOfLanes starts from the lowest finite number.
  return hn::AllTrue(d, hn::Eq(best, lowest)) ? hn::GetLane(lowest) : hn::GetLane(hn::MaxOfLanes(d, best));
}

void Softmax(const Span& s) {
  const simd::FloatTag d;
  const FloatVec lowest = hn::Set(d, -200.0f);  // exp(−200) is 0 in float32
  for (int64_t p = 0; p < s.pixels; p++) {
    const float* in = s.a + p * s.a_stride;
    float* out = s.out + p * s.out_stride;
    bool has_nan;
    const FloatVec largest = hn::Set(d, LargestOf(in, s.channels, &has_nan));
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const FloatVec below = hn::Sub(lanes.Load(in + c), largest);
      // Highway's Exp is for numbers. What is NaN here (or −∞) becomes 0, as does all that is as small.
      lanes.Store(hn::Exp(d, hn::IfThenElse(hn::Gt(below, lowest), below, lowest)), out + c);
    });
    // A NaN among the inputs is brought back; without a finite maximum, all terms are 0 and the quotients NaN.
    float sum = has_nan ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
    for (int64_t c = 0; c < s.channels; c++) sum += out[c];
    const FloatVec divisor = hn::Set(d, sum);
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes)
                                      HWY_ATTR { lanes.Store(hn::Div(lanes.Load(out + c), divisor), out + c); });
  }
}

void ArgMax(const Span& s, int32_t* out) {
  const simd::FloatTag d;
  for (int64_t p = 0; p < s.pixels; p++) {
    const float* in = s.a + p * s.a_stride;
    bool has_nan;
    const float most = LargestOf(in, s.channels, &has_nan);
    if (has_nan || !std::isfinite(most)) {
      out[p * s.out_stride] = -1;
      continue;
    }
    const FloatVec largest = hn::Set(d, most);
    int64_t found = -1;
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      if (found >= 0) return;
      // A lane without a channel cannot be the first: it is 0 or as another.
      const intptr_t lane = hn::FindFirstTrue(d, hn::Eq(lanes.Load(in + c), largest));
      if (lane >= 0) found = c + lane;
    });
    out[p * s.out_stride] = static_cast<int32_t>(found);
  }
}

Kernels MakeKernels() { return {Activate, Add, Multiply, Scale, ScaleShift, Softmax, ArgMax}; }

}  // namespace fcn::elementwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
