// Loops over the channels of a pixel in whole vectors and one shorter rest, for every kernel family whose vectors run
// over channels. Included once per instruction set, hence the toggle instead of #pragma once.
#if defined(FCN_KERNELS_SIMD_CHANNELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_SIMD_CHANNELS_INL_H_
#undef FCN_KERNELS_SIMD_CHANNELS_INL_H_
#else
#define FCN_KERNELS_SIMD_CHANNELS_INL_H_
#endif

#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
#include "tensor/geometry.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using FloatTag = hn::ScalableTag<float>;
using FloatVec = hn::Vec<FloatTag>;

HWY_INLINE int64_t FloatLanes() { return static_cast<int64_t>(hn::Lanes(FloatTag())); }

/// All lanes of a vector: what most channels are.
struct AllLanes {
  HWY_INLINE FloatVec Load(const float* p) const { return hn::LoadU(FloatTag(), p); }
  HWY_INLINE void Store(FloatVec v, float* p) const { hn::StoreU(v, FloatTag(), p); }
  /// v in these lanes, `others` in those that there are none of.
  HWY_INLINE FloatVec Or(FloatVec v, FloatVec /*others*/) const { return v; }
};

#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

/// The first `count` lanes, 0 < count < lanes: touches no memory beyond them. Loads fill
/// the other lanes with 0 or copies of these.
class FirstLanes {
 public:
  HWY_INLINE explicit FirstLanes(int64_t count) : mask_(hn::FirstN(FloatTag(), static_cast<size_t>(count))) {}
  HWY_INLINE FloatVec Load(const float* p) const { return hn::MaskedLoad(mask_, FloatTag(), p); }
  HWY_INLINE void Store(FloatVec v, float* p) const { hn::BlendedStore(v, mask_, FloatTag(), p); }
  HWY_INLINE FloatVec Or(FloatVec v, FloatVec others) const { return hn::IfThenElse(mask_, v, others); }

 private:
  hn::Mask<FloatTag> mask_;
};

#else

// Highway's masked loads read whole vectors here, so the one to three elements are put together from smaller ones.
static_assert(HWY_MAX_BYTES == 16);

class FirstLanes {
 public:
  HWY_INLINE explicit FirstLanes(int64_t count) : count_(count) {}
  HWY_INLINE FloatVec Load(const float* p) const {
    const hn::Half<FloatTag> half;
    const auto low = count_ == 1 ? hn::Set(half, p[0]) : hn::LoadU(half, p);
    return hn::Combine(FloatTag(), hn::Set(half, p[count_ - 1]), low);
  }
  HWY_INLINE void Store(FloatVec v, float* p) const {
    const hn::Half<FloatTag> half;
    if (count_ == 1) {
      p[0] = hn::GetLane(v);
    } else {
      hn::StoreU(hn::LowerHalf(half, v), half, p);
      if (count_ == 3) p[2] = hn::GetLane(hn::UpperHalf(half, v));
    }
  }
  HWY_INLINE FloatVec Or(FloatVec v, FloatVec others) const {
    return hn::IfThenElse(hn::FirstN(FloatTag(), static_cast<size_t>(count_)), v, others);
  }

 private:
  int64_t count_;
};

#endif

/// Calls body(c, lanes) for c = 0, lanes, 2 · lanes, … below `channels`, with AllLanes and at last FirstLanes. A lambda
/// passed here needs HWY_ATTR.
template <typename Body>
HWY_INLINE void ForChannels(int64_t channels, const Body& body) {
  const int64_t lanes = FloatLanes();
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) body(c, AllLanes());
  if (c < channels) body(c, FirstLanes(channels - c));
}

/// As ForChannels, but with kVectors vectors at c, c + lanes, … at a time while there are so many, then half as many
/// and so on: body(c, lanes, std::integral_constant<int, vectors>). Sums over pixels are that many independent chains
/// of additions, and what lies together in memory is read together. kVectors is a power of two.
template <int kVectors, typename Body>
HWY_INLINE void ForChannelGroups(int64_t channels, const Body& body, int64_t first = 0) {
  if constexpr (kVectors == 1) {
    ForChannels(channels - first, [&](int64_t c, const auto& lanes)
                                      HWY_ATTR { body(first + c, lanes, std::integral_constant<int, 1>()); });
  } else {
    const int64_t step = kVectors * FloatLanes();
    for (; first + step <= channels; first += step) body(first, AllLanes(), std::integral_constant<int, kVectors>());
    ForChannelGroups<kVectors / 2>(channels, body, first);
  }
}

/// An Activation as the interval that it clamps to: everything for those that do more (functions-inl.h). A NaN stays
/// one, so that trouble shows.
class Clamp {
 public:
  HWY_INLINE explicit Clamp(Activation activation)
      : low_(hn::Set(FloatTag(), IsRelu(activation) ? 0.0f : -kInfinity)),
        high_(hn::Set(FloatTag(), activation == Activation::kRelu6 ? 6.0f : kInfinity)) {}
  HWY_INLINE FloatVec operator()(FloatVec v) const {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
    return hn::Min(high_, hn::Max(low_, v));  // x86 gives the second operand where one is NaN
#else
    v = hn::IfThenElse(hn::Lt(v, low_), low_, v);
    return hn::IfThenElse(hn::Gt(v, high_), high_, v);
#endif
  }

 private:
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  FloatVec low_, high_;
};

}  // namespace fcn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
