// The vector code of gradient.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_RESIZE_GRADIENT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_RESIZE_GRADIENT_INL_H_
#undef FCN_KERNELS_RESIZE_GRADIENT_INL_H_
#else
#define FCN_KERNELS_RESIZE_GRADIENT_INL_H_
#endif

#include "kernels/resize/gradient_kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::resize::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

void RunWeightedSum(const WeightedSum& s) {
  const simd::FloatTag d;
  const int64_t step = simd::FloatLanes();
  for (int64_t p = 0; p < s.pixels; p++)
    simd::ForChannelGroups<8>(s.channels, [&](int64_t c, const auto& lanes, auto vectors) HWY_ATTR {
      constexpr int kVectors = decltype(vectors)::value;
      FloatVec sum[kVectors];
      for (FloatVec& v : sum) v = hn::Zero(d);
      for (int64_t t = 0; t < s.tap_count; t++) {
        const float* in = s.in + s.taps[t].from * s.tap_stride + p * s.in_stride + c;
        const FloatVec weight = hn::Set(d, s.taps[t].weight);
        for (int v = 0; v < kVectors; v++) sum[v] = hn::MulAdd(weight, lanes.Load(in + v * step), sum[v]);
      }
      for (int v = 0; v < kVectors; v++) lanes.Store(sum[v], s.out + p * s.out_stride + c + v * step);
    });
}

GradientKernels MakeGradientKernels() { return {RunWeightedSum}; }

}  // namespace fcn::resize::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
