// The vector code of peak.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_PEAK_PEAK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_PEAK_PEAK_INL_H_
#undef FCN_KERNELS_PEAK_PEAK_INL_H_
#else
#define FCN_KERNELS_PEAK_PEAK_INL_H_
#endif

#include "hwy/highway.h"
#include "kernels/peak/peak.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::peak::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using Vector = hn::Vec<Tag>;

constexpr int64_t kLanes = hn::MaxLanes(Tag());
static_assert(kBlockFloats % (4 * kLanes) == 0);

inline float MultiplyAdds(int64_t steps, float x, float y) {
  const Tag d;
  const Vector factor = hn::Set(d, x), term = hn::Set(d, y);
  Vector sums[kSums];
  HWY_UNROLL(12)
  for (int64_t i = 0; i < kSums; i++) sums[i] = hn::Set(d, static_cast<float>(i));
  for (; steps > 0; steps--) {
    HWY_UNROLL(12)
    for (int64_t i = 0; i < kSums; i++) sums[i] = hn::MulAdd(sums[i], factor, term);
  }
  Vector total = sums[0];
  HWY_UNROLL(12)
  for (int64_t i = 1; i < kSums; i++) total = hn::Add(total, sums[i]);
  return hn::GetLane(hn::SumOfLanes(d, total));
}

// Four sums: with one, the latency of an addition would show.
inline float Sum(const float* p, int64_t count) {
  const Tag d;
  Vector sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  for (const float* end = p + count; p < end; p += 4 * kLanes) {
    HWY_UNROLL(4)
    for (int64_t i = 0; i < 4; i++) sums[i] = hn::Add(sums[i], hn::Load(d, p + i * kLanes));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]))));
}

inline void Triad(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, float scale, float* HWY_RESTRICT to,
                  int64_t count) {
  const Tag d;
  const Vector factor = hn::Set(d, scale);
  for (int64_t i = 0; i < count; i += kLanes) {
    hn::Store(hn::MulAdd(factor, hn::Load(d, b + i), hn::Load(d, a + i)), d, to + i);
  }
}

inline Kernels MakeKernels() { return {static_cast<int>(kLanes), MultiplyAdds, Sum, Triad}; }

}  // namespace fcn::peak::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
