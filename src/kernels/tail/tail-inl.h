// The vector code of tail.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_TAIL_TAIL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_TAIL_TAIL_INL_H_
#undef FCN_KERNELS_TAIL_TAIL_INL_H_
#else
#define FCN_KERNELS_TAIL_TAIL_INL_H_
#endif

#include <algorithm>
#include <limits>

#include "kernels/loss/softmax-inl.h"
#include "kernels/simd/channels-inl.h"
#include "kernels/tail/kernels.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::tail::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace softmax = fcn::loss::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::CappedTag<float, kBlock>;
using FloatVec = hn::Vec<FloatTag>;
using IntTag = hn::RebindToSigned<FloatTag>;
using IntVec = hn::Vec<IntTag>;
static_assert(kBlock == fcn::loss::kGroupPixels);

HWY_INLINE int64_t Lanes() { return static_cast<int64_t>(hn::Lanes(FloatTag())); }

// The same operations as resize::Bilinear, in its order: along the columns, then along the rows.
template <typename Load>
HWY_INLINE void BlendColumns(const Blend& b, int64_t p, const Load& load) {
  const FloatTag d;
  const FloatVec w0 = hn::Load(d, b.left_weight + p), w1 = hn::Load(d, b.right_weight + p);
  for (int64_t c = 0; c < b.channels; c++) {
    FloatVec left, right;
    load(b.planar + c * b.planar_stride, left, right);
    hn::Store(hn::MulAdd(w1, right, hn::Mul(w0, left)), d, b.out + c * kBlock + p);
  }
}

void RunBlend(const Blend& b) {
  const FloatTag d;
  const IntTag di;
  for (int64_t p = 0; p < kBlock; p += Lanes()) {
    const int32_t first = b.left[p];
    const IntVec left = hn::Load(di, b.left + p), right = hn::Load(di, b.right + p);
    if (b.right[p + Lanes() - 1] - first < static_cast<int32_t>(Lanes())) {
      // Enlarging, all columns come out of one vector.
      const auto from_left = hn::IndicesFromVec(d, hn::Sub(left, hn::Set(di, first)));
      const auto from_right = hn::IndicesFromVec(d, hn::Sub(right, hn::Set(di, first)));
      BlendColumns(b, p, [&](const float* row, FloatVec& l, FloatVec& r) HWY_ATTR {
        const FloatVec columns = hn::LoadU(d, row + first);
        l = hn::TableLookupLanes(columns, from_left);
        r = hn::TableLookupLanes(columns, from_right);
      });
    } else {
      BlendColumns(b, p, [&](const float* row, FloatVec& l, FloatVec& r) HWY_ATTR {
        l = hn::GatherIndex(d, row, left);
        r = hn::GatherIndex(d, row, right);
      });
    }
  }
}

HWY_INLINE FloatVec BlendRows(FloatVec above, FloatVec below, FloatVec above_weight, FloatVec below_weight) {
  return hn::MulAdd(below_weight, below, hn::Mul(above_weight, above));
}

/// A few rows at once: comparisons of one row wait for each other.
template <int kRows>
HWY_INLINE void ArgMaxRows(const ArgMaxBlock& b, int64_t row, int64_t p) {
  const FloatTag d;
  const IntTag di;
  const FloatVec lowest = hn::Set(d, -std::numeric_limits<float>::infinity());
  FloatVec w0[kRows], w1[kRows], best[kRows];
  IntVec label[kRows];
  for (int r = 0; r < kRows; r++) {
    w0[r] = hn::Set(d, b.above_weights[row + r]), w1[r] = hn::Set(d, b.below_weights[row + r]);
    best[r] = lowest, label[r] = hn::Zero(di);
  }
  for (int64_t c = 0; c < b.channels; c++) {
    const FloatVec above = hn::Load(d, b.above + c * kBlock + p), below = hn::Load(d, b.below + c * kBlock + p);
    const IntVec channel = hn::Set(di, static_cast<int32_t>(c));
    for (int r = 0; r < kRows; r++) {
      const FloatVec v = BlendRows(above, below, w0[r], w1[r]);
      const auto wins = hn::Gt(v, best[r]);
      best[r] = hn::IfThenElse(wins, v, best[r]);
      label[r] = hn::IfThenElse(hn::RebindMask(di, wins), channel, label[r]);
    }
  }
  for (int r = 0; r < kRows; r++) {
    hn::Store(label[r], di, b.labels + (row + r) * kBlock + p);
  }
}

void RunArgMax(const ArgMaxBlock& b) {
  for (int64_t p = 0; p < kBlock; p += Lanes()) {
    int64_t row = 0;
    for (; row + 4 <= b.rows; row += 4) ArgMaxRows<4>(b, row, p);
    for (; row < b.rows; row++) ArgMaxRows<1>(b, row, p);
  }
}

void RunLoss(const LossBlock& shared) {
  const LossBlock b = shared;  // a copy that no store can change, so that its fields stay in registers
  const FloatTag d;
  const IntTag di;
  const FloatVec w0 = hn::Set(d, b.above_weight), w1 = hn::Set(d, b.below_weight);
  for (int64_t p = 0; p < kBlock; p += Lanes()) {
    const IntVec label = hn::Load(di, b.labels + p);
    const auto valid = hn::RebindMask(d, hn::Gt(label, hn::Set(di, -1)));
    if (hn::AllFalse(d, valid)) continue;
    float* scores = b.scores + p;
    FloatVec label_score = hn::Zero(d);
    for (int64_t c = 0; c < b.channels; c++) {
      // Scores of ignored pixels may be anything: zeros trouble nobody.
      const FloatVec v = hn::IfThenElseZero(
          valid, BlendRows(hn::Load(d, b.above + c * kBlock + p), hn::Load(d, b.below + c * kBlock + p), w0, w1));
      hn::Store(v, d, scores + c * kBlock);
      const auto is_label = hn::RebindMask(d, hn::Eq(label, hn::Set(di, static_cast<int32_t>(c))));
      label_score = hn::IfThenElse(is_label, v, label_score);
    }
    const softmax::Sum s = softmax::SumOfExponentials(
        b.channels, scores, [&](int64_t c, FloatVec e) HWY_ATTR { hn::Store(e, d, scores + c * kBlock); });
    hn::Store(softmax::LossOf(s, label_score), d, b.losses + p);

    const FloatVec weight = hn::Load(d, b.weights + p), factor = hn::Div(weight, s.sum);
    for (int64_t c = 0; c < b.channels; c++) {
      const auto is_label = hn::RebindMask(d, hn::Eq(label, hn::Set(di, static_cast<int32_t>(c))));
      const FloatVec g =
          hn::Sub(hn::Mul(hn::Load(d, scores + c * kBlock), factor), hn::IfThenElseZero(is_label, weight));
      float* const above = b.above_gradient + c * kBlock + p;
      float* const below = b.below_gradient + c * kBlock + p;
      hn::Store(hn::MulAdd(w0, g, hn::Load(d, above)), d, above);
      hn::Store(hn::MulAdd(w1, g, hn::Load(d, below)), d, below);
    }
  }
}

void RunSpread(const Spread& shared) {
  const Spread s = shared;
  const simd::FloatTag d;
  for (int64_t p = 0; p < s.count; p++)
    for (int64_t c = 0; c < s.channels; c++) s.transposed[p * s.channels + c] = s.gradient[c * kBlock + p];
  for (int64_t begin = 0, end; begin < s.count; begin = end) {
    for (end = begin + 1; end < s.count && s.left[end] == s.left[begin] && s.right[end] == s.right[begin];) end++;
    float* const left = s.row + s.left[begin] * s.channels;
    float* const right = s.row + s.right[begin] * s.channels;
    simd::ForChannels(s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
      simd::FloatVec left_sum = hn::Zero(d), right_sum = hn::Zero(d);
      for (int64_t p = begin; p < end; p++) {
        const simd::FloatVec g = lanes.Load(s.transposed + p * s.channels + c);
        left_sum = hn::MulAdd(hn::Set(d, s.left_weight[p]), g, left_sum);
        right_sum = hn::MulAdd(hn::Set(d, s.right_weight[p]), g, right_sum);
      }
      lanes.Store(hn::Add(lanes.Load(left + c), left_sum), left + c);
      lanes.Store(hn::Add(lanes.Load(right + c), right_sum), right + c);  // may be the same column
    });
  }
}

Kernels MakeKernels() { return {RunBlend, RunArgMax, RunLoss, RunSpread}; }

}  // namespace fcn::tail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
