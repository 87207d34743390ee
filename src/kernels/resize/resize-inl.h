// The vector code of resize.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_RESIZE_RESIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_RESIZE_RESIZE_INL_H_
#undef FCN_KERNELS_RESIZE_RESIZE_INL_H_
#else
#define FCN_KERNELS_RESIZE_RESIZE_INL_H_
#endif

#include <type_traits>

#include "hwy/cache_control.h"
#include "kernels/resize/kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::resize::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

void RunBlendColumns(const ColumnBlend& shared) {
  const ColumnBlend b = shared;  // a copy that no store can change, so that its fields stay in registers
  for (int64_t x = 0; x < b.width; x++) {
    const Source& source = b.columns[x];
    const FloatVec w0 = hn::Set(simd::FloatTag(), source.w0), w1 = hn::Set(simd::FloatTag(), source.w1);
    const float* left = b.input + source.i0 * b.input_stride;
    const float* right = b.input + source.i1 * b.input_stride;
    float* out = b.output + x * b.channels;
    simd::ForChannels(b.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      lanes.Store(hn::MulAdd(w1, lanes.Load(right + c), hn::Mul(w0, lanes.Load(left + c))), out + c);
    });
  }
}

/// One pixel, or a whole row of pixels without gaps.
template <bool kStreamed>
HWY_INLINE void BlendPixel(const float* above, const float* below, FloatVec w0, FloatVec w1, int64_t channels,
                           float* out) {
  simd::ForChannels(channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
    const FloatVec v = hn::MulAdd(w1, lanes.Load(below + c), hn::Mul(w0, lanes.Load(above + c)));
    if constexpr (kStreamed && std::is_same_v<decltype(lanes), const simd::AllLanes&>) {
      hn::Stream(v, simd::FloatTag(), out + c);
    } else {
      lanes.Store(v, out + c);
    }
  });
}

void RunBlendRows(const RowBlend& b) {
  const FloatVec w0 = hn::Set(simd::FloatTag(), b.above_weight), w1 = hn::Set(simd::FloatTag(), b.below_weight);
  if (b.output_stride != b.channels) {
    for (int64_t x = 0; x < b.width; x++)
      BlendPixel<false>(b.above + x * b.channels, b.below + x * b.channels, w0, w1, b.channels,
                        b.output + x * b.output_stride);
    return;
  }
  const bool aligned = reinterpret_cast<uintptr_t>(b.output) % sizeof(FloatVec) == 0;
  const auto blend = b.streamed && aligned ? BlendPixel<true> : BlendPixel<false>;
  blend(b.above, b.below, w0, w1, b.width * b.channels, b.output);
  hwy::FlushStream();
}

Kernels MakeKernels() { return {RunBlendColumns, RunBlendRows}; }

}  // namespace fcn::resize::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
