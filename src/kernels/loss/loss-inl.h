// The vector code of loss.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_LOSS_LOSS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_LOSS_LOSS_INL_H_
#undef FCN_KERNELS_LOSS_LOSS_INL_H_
#else
#define FCN_KERNELS_LOSS_LOSS_INL_H_
#endif

#include "kernels/loss/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::loss::HWY_NAMESPACE {

void Losses(const Group& group) {
  const FloatTag d;
  for (int64_t p = 0; p < kGroupPixels; p += static_cast<int64_t>(hn::Lanes(d))) {
    const Sum s = SumOfExponentials(group.channels, group.scores + p, [](int64_t, FloatVec) HWY_ATTR {});
    hn::Store(LossOf(s, hn::Load(d, group.label_scores + p)), d, group.out + p);
  }
}

template <bool kLosses>
HWY_INLINE void Softmaxes(const Group& group) {
  const FloatTag d;
  for (int64_t p = 0; p < kGroupPixels; p += static_cast<int64_t>(hn::Lanes(d))) {
    float* scores = group.scores + p;
    const Sum s = SumOfExponentials(
        group.channels, scores, [&](int64_t c, FloatVec e) HWY_ATTR { hn::Store(e, d, scores + c * kGroupPixels); });
    if (kLosses) hn::Store(LossOf(s, hn::Load(d, group.label_scores + p)), d, group.losses + p);
    const FloatVec factor = hn::Div(hn::Load(d, group.out + p), s.sum);
    for (int64_t c = 0; c < group.channels; c++)
      hn::Store(hn::Mul(hn::Load(d, scores + c * kGroupPixels), factor), d, scores + c * kGroupPixels);
  }
}

void Softmax(const Group& group) { Softmaxes<false>(group); }
void SoftmaxAndLosses(const Group& group) { Softmaxes<true>(group); }

Kernels MakeKernels() { return {Losses, Softmax, SoftmaxAndLosses}; }

}  // namespace fcn::loss::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
