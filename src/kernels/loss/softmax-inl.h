// The softmax of some pixels, one in each lane. Included once per instruction set, hence the toggle instead of #pragma
// once.
#if defined(FCN_KERNELS_LOSS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_LOSS_SOFTMAX_INL_H_
#undef FCN_KERNELS_LOSS_SOFTMAX_INL_H_
#else
#define FCN_KERNELS_LOSS_SOFTMAX_INL_H_
#endif

#include <limits>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/loss/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::loss::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::CappedTag<float, kGroupPixels>;
using FloatVec = hn::Vec<FloatTag>;

struct Sum {
  FloatVec largest;  ///< max_c of the scores
  FloatVec sum;      ///< Σ_c exp(score − largest); NaN where a score is NaN or +∞, or all are −∞
};

/// The sum for the pixels at `scores`, and store(c, exp(score − largest)) for each channel.
template <typename Store>
HWY_INLINE Sum SumOfExponentials(int64_t channels, const float* scores, const Store& store) {
  const FloatTag d;
  const FloatVec infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const FloatVec lowest = hn::Set(d, -200.0f);  // exp(−200) is 0 in float32
  FloatVec largest = hn::Neg(infinity), nans = hn::Zero(d);
  for (int64_t c = 0; c < channels; c++) {
    const FloatVec v = hn::Load(d, scores + c * kGroupPixels);
    largest = hn::Max(v, largest);  // whichever it is where one is NaN: nans tells
    nans = hn::IfThenElse(hn::IsNaN(v), v, nans);
  }
  FloatVec sum = hn::Zero(d);
  for (int64_t c = 0; c < channels; c++) {
    const FloatVec below = hn::Sub(hn::Load(d, scores + c * kGroupPixels), largest);
    // Highway's Exp is for numbers. What is NaN here (or −∞) becomes 0, as does all that is as small.
    const FloatVec e = hn::Exp(d, hn::IfThenElse(hn::Gt(below, lowest), below, lowest));
    sum = hn::Add(sum, e);
    store(c, e);
  }
  const auto finite = hn::Lt(hn::Abs(largest), infinity);
  return {largest, hn::Add(hn::IfThenElse(finite, sum, hn::Set(d, std::numeric_limits<float>::quiet_NaN())), nans)};
}

/// log Σ_c exp(score) − label_score.
HWY_INLINE FloatVec LossOf(const Sum& s, FloatVec label_score) {
  // Highway's Log is for numbers.
  const FloatVec log = hn::IfThenElse(hn::IsNaN(s.sum), s.sum, hn::Log(FloatTag(), s.sum));
  return hn::Add(log, hn::Sub(s.largest, label_score));
}

}  // namespace fcn::loss::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
