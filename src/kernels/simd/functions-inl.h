// The activations that do more than clamp, and their derivatives. Included once per instruction set, hence the toggle
// instead of #pragma once.
#if defined(FCN_KERNELS_SIMD_FUNCTIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_SIMD_FUNCTIONS_INL_H_
#undef FCN_KERNELS_SIMD_FUNCTIONS_INL_H_
#else
#define FCN_KERNELS_SIMD_FUNCTIONS_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {

/// From exp(−|x|), which cannot overflow. Highway's functions are for numbers, so that a NaN is brought back.
HWY_INLINE FloatVec Sigmoid(FloatVec x) {
  const FloatTag d;
  const FloatVec one = hn::Set(d, 1.0f);
  const FloatVec below = hn::Max(hn::Neg(hn::Abs(x)), hn::Set(d, -104.0f));
  const FloatVec e = hn::Exp(d, below);
  const FloatVec y = hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

HWY_INLINE FloatVec Tanh(FloatVec x) {
  const FloatTag d;
  // From here on it is ±1 in float32.
  const FloatVec limit = hn::Set(d, 10.0f);
  const FloatVec y = hn::Tanh(d, hn::Min(hn::Max(x, hn::Neg(limit)), limit));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

HWY_INLINE FloatVec HardSigmoid(FloatVec x) {
  const FloatTag d;
  const Clamp clamp(Activation::kRelu6);
  return hn::Div(clamp(hn::Add(x, hn::Set(d, 3.0f))), hn::Set(d, 6.0f));
}

HWY_INLINE FloatVec LeakyRelu(FloatVec x, FloatVec slope) {
  return hn::IfThenElse(hn::Gt(x, hn::Zero(FloatTag())), x, hn::Mul(x, slope));
}

/// activation(x) of any activation without parameters.
HWY_INLINE FloatVec Activate(Activation activation, FloatVec x) {
  switch (activation) {
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kTanh:
      return Tanh(x);
    case Activation::kHardSigmoid:
      return HardSigmoid(x);
    case Activation::kHardSwish:
      return hn::Mul(x, HardSigmoid(x));
    case Activation::kNone:
    case Activation::kRelu:
    case Activation::kRelu6:
    case Activation::kLeakyRelu:
      break;
  }
  return Clamp(activation)(x);
}

/// The derivative of one of these that does more than clamp, at y (or at x where DerivativeReadsInput).
HWY_INLINE FloatVec Derivative(Activation activation, FloatVec at) {
  const FloatTag d;
  const FloatVec one = hn::Set(d, 1.0f), sixth = hn::Set(d, 1.0f / 6);
  if (activation == Activation::kSigmoid) return hn::Mul(at, hn::Sub(one, at));
  if (activation == Activation::kTanh) return hn::Sub(one, hn::Mul(at, at));
  if (activation == Activation::kHardSigmoid)
    return hn::IfThenZeroElse(hn::Or(hn::Le(at, hn::Zero(d)), hn::Ge(at, one)), sixth);
  const FloatVec three = hn::Set(d, 3.0f);  // HardSwish
  const FloatVec slope = hn::MulAdd(at, hn::Set(d, 1.0f / 3), hn::Set(d, 0.5f));
  return hn::IfThenElse(hn::Ge(at, three), one, hn::IfThenZeroElse(hn::Le(at, hn::Neg(three)), slope));
}

/// Of an activation that does more than clamp, its values in place of `count` floats at p, p + stride, … What a kernel
/// has just stored is still in the cache. `slopes` are those of a leaky ReLU. Not inlined, so that the kernels' own
/// loops stay as they are.
inline HWY_NOINLINE void ActivateRows(Activation activation, const float* slopes, float* p, int64_t rows, int64_t count,
                                      int64_t stride) {
  if (activation == Activation::kLeakyRelu) {
    for (int64_t row = 0; row < rows; row++, p += stride)
      ForChannels(count, [&](int64_t i, const auto& lanes)
                             HWY_ATTR { lanes.Store(LeakyRelu(lanes.Load(p + i), lanes.Load(slopes + i)), p + i); });
    return;
  }
  for (int64_t row = 0; row < rows; row++, p += stride)
    ForChannels(count, [&](int64_t i, const auto& lanes)
                           HWY_ATTR { lanes.Store(Activate(activation, lanes.Load(p + i)), p + i); });
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
