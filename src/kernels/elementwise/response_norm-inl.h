// The vector code of response_norm.h. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_ELEMENTWISE_RESPONSE_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_ELEMENTWISE_RESPONSE_NORM_INL_H_
#undef FCN_KERNELS_ELEMENTWISE_RESPONSE_NORM_INL_H_
#else
#define FCN_KERNELS_ELEMENTWISE_RESPONSE_NORM_INL_H_
#endif

#include <algorithm>

#include "hwy/contrib/math/math-inl.h"
#include "kernels/elementwise/response_norm_kernels.h"
#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::elementwise::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;

/// Channels of a pixel that are computed at a time, out of a copy of them with what lies beside them.
constexpr int64_t kChunk = 256;

/// Values of channels [first, first + count), of which some may not exist: these are 0. With room for a vector more.
struct Row {
  static constexpr auto kRoom =
      kChunk + 2 * int64_t{kLargestNorm} + static_cast<int64_t>(hn::MaxLanes(simd::FloatTag()));
  float values[kRoom] = {};

  /// value(c, lanes) of those that exist.
  template <typename Value>
  HWY_INLINE void Fill(int64_t first, int64_t count, int64_t channels, const Value& value) {
    const int64_t begin = std::max<int64_t>(first, 0), end = std::min(first + count, channels);
    std::fill(values, values + (begin - first), 0.0f);
    simd::ForChannels(end - begin, [&](int64_t i, const auto& lanes)
                                       HWY_ATTR { lanes.Store(value(begin + i, lanes), values + begin - first + i); });
    std::fill(values + (end - first), values + count, 0.0f);
  }
  /// The sum of `size` values from the i-th on, in each lane.
  HWY_INLINE FloatVec Sum(int64_t i, int size) const {
    FloatVec sum = hn::LoadU(simd::FloatTag(), values + i);
    for (int j = 1; j < size; j++) sum = hn::Add(sum, hn::LoadU(simd::FloatTag(), values + i + j));
    return sum;
  }
};

/// s and s^−beta.
struct Scales {
  FloatVec s, power;
};

class Scaling {
 public:
  HWY_INLINE explicit Scaling(const ResponseNorm& norm)
      : size_(norm.size),
        k_(hn::Set(simd::FloatTag(), norm.k)),
        weight_(hn::Set(simd::FloatTag(), norm.alpha / static_cast<float>(norm.size))),
        exponent_(hn::Set(simd::FloatTag(), -norm.beta)) {}

  /// Of the channel whose window begins at the i-th square. Highway's functions are for numbers: a NaN stays, and what
  /// is divided by an infinite number is 0.
  HWY_INLINE Scales Of(const Row& squares, int64_t i) const {
    const simd::FloatTag d;
    const FloatVec s = hn::MulAdd(weight_, squares.Sum(i, size_), k_);
    const FloatVec power = hn::Exp(d, hn::Mul(exponent_, hn::Log(d, s)));
    const FloatVec finite = hn::IfThenZeroElse(hn::Eq(s, hn::Set(d, std::numeric_limits<float>::infinity())), power);
    return {s, hn::IfThenElse(hn::IsNaN(s), s, finite)};
  }

 private:
  int size_;
  FloatVec k_, weight_, exponent_;
};

void Norm(const ResponseNorm& norm, const Span& s) {
  const Scaling scaling(norm);
  const int64_t half = norm.size / 2;
  Row squares;
  for (int64_t p = 0; p < s.pixels; p++) {
    const float* x = s.a + p * s.a_stride;
    for (int64_t first = 0; first < s.channels; first += kChunk) {
      const int64_t count = std::min(kChunk, s.channels - first);
      squares.Fill(first - half, count + 2 * half, s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
        return hn::Mul(lanes.Load(x + c), lanes.Load(x + c));
      });
      simd::ForChannels(count, [&](int64_t i, const auto& lanes) HWY_ATTR {
        lanes.Store(hn::Mul(lanes.Load(x + first + i), scaling.Of(squares, i).power),
                    s.out + p * s.out_stride + first + i);
      });
    }
  }
}

void Gradient(const ResponseNorm& norm, const Span& s) {
  const Scaling scaling(norm);
  const int64_t half = norm.size / 2;
  const FloatVec factor = hn::Set(simd::FloatTag(), 2 * norm.alpha * norm.beta / static_cast<float>(norm.size));
  Row squares, terms;
  for (int64_t p = 0; p < s.pixels; p++) {
    const float *g = s.a + p * s.a_stride, *x = s.b + p * s.b_stride;
    for (int64_t first = 0; first < s.channels; first += kChunk) {
      const int64_t count = std::min(kChunk, s.channels - first), before = first - 2 * half;
      squares.Fill(before, count + 4 * half, s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
        return hn::Mul(lanes.Load(x + c), lanes.Load(x + c));
      });
      // g · y / s of every channel whose window has one of these.
      terms.Fill(first - half, count + 2 * half, s.channels, [&](int64_t c, const auto& lanes) HWY_ATTR {
        const Scales scales = scaling.Of(squares, c - half - before);
        return hn::Div(hn::Mul(hn::Mul(lanes.Load(g + c), lanes.Load(x + c)), scales.power), scales.s);
      });
      simd::ForChannels(count, [&](int64_t i, const auto& lanes) HWY_ATTR {
        const FloatVec own = hn::Mul(lanes.Load(g + first + i), scaling.Of(squares, i + half).power);
        const FloatVec others = hn::Mul(hn::Mul(factor, lanes.Load(x + first + i)), terms.Sum(i, norm.size));
        lanes.Store(hn::Sub(own, others), s.out + p * s.out_stride + first + i);
      });
    }
  }
}

ResponseNormKernels MakeResponseNormKernels() { return {Norm, Gradient}; }

}  // namespace fcn::elementwise::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
