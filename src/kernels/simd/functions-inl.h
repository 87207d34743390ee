// The activations that do more than clamp. Included once per instruction set, hence the toggle instead of #pragma once.
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

/// activation(x) of any activation.
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
      break;
  }
  return Clamp(activation)(x);
}

/// Of an activation that does more than clamp, its values in place of `count` floats at p, p + stride, … What a kernel
/// has just stored is still in the cache. Not inlined, so that the kernels' own loops stay as they are.
inline HWY_NOINLINE void ActivateRows(Activation activation, float* p, int64_t rows, int64_t count, int64_t stride) {
  for (int64_t row = 0; row < rows; row++, p += stride)
    ForChannels(count, [&](int64_t i, const auto& lanes)
                           HWY_ATTR { lanes.Store(Activate(activation, lanes.Load(p + i)), p + i); });
}

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
