// The vector code of resize.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_RESIZE_RESIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_RESIZE_RESIZE_INL_H_
#undef FCN_KERNELS_RESIZE_RESIZE_INL_H_
#else
#define FCN_KERNELS_RESIZE_RESIZE_INL_H_
#endif

#include "kernels/resize/kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::resize::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

void BilinearRow(const Row& row) {
  const simd::FloatTag d;
  const FloatVec above_weight = hn::Set(d, row.above_weight), below_weight = hn::Set(d, row.below_weight);
  for (int64_t x = 0; x < row.width; x++) {
    const Source& source = row.columns[x];
    const FloatVec w0 = hn::Set(d, source.w0), w1 = hn::Set(d, source.w1);
    const int64_t left = source.i0 * row.input_stride, right = source.i1 * row.input_stride;
    float* out = row.output + x * row.output_stride;
    simd::ForChannels(row.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      const auto blend = [&](const float* in) HWY_ATTR {
        return hn::MulAdd(w1, lanes.Load(in + right + c), hn::Mul(w0, lanes.Load(in + left + c)));
      };
      lanes.Store(hn::MulAdd(below_weight, blend(row.below), hn::Mul(above_weight, blend(row.above))), out + c);
    });
  }
}

Kernels MakeKernels() { return {BilinearRow}; }

}  // namespace fcn::resize::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
