// Bᵀ of tables.h, for every transform of pixels. Included once for each instruction set, so without #pragma once.

#if defined(FCN_KERNELS_WINOGRAD_TRANSFORMS_INPUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_WINOGRAD_TRANSFORMS_INPUT_INL_H_
#undef FCN_KERNELS_WINOGRAD_TRANSFORMS_INPUT_INL_H_
#else
#define FCN_KERNELS_WINOGRAD_TRANSFORMS_INPUT_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {

/// Bᵀ times eight vectors that lie `from_stride` floats apart.
HWY_INLINE void InputTransform(const float* from, int64_t from_stride, float* HWY_RESTRICT to, int64_t to_stride) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<float> d;
  using Vec = hn::Vec<hn::ScalableTag<float>>;
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

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
