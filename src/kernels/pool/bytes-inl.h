// Taps as bytes, for pool-inl.h and gradient-inl.h. Included once per instruction set, hence the toggle instead of
// #pragma once.
#if defined(FCN_KERNELS_POOL_BYTES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FCN_KERNELS_POOL_BYTES_INL_H_
#undef FCN_KERNELS_POOL_BYTES_INL_H_
#else
#define FCN_KERNELS_POOL_BYTES_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "kernels/simd/channels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fcn::pool::HWY_NAMESPACE {

namespace simd = fcn::HWY_NAMESPACE;
namespace hn = hwy::HWY_NAMESPACE;
using simd::FloatVec;
using IntTag = hn::RebindToSigned<simd::FloatTag>;
using ByteTag = hn::Rebind<uint8_t, simd::FloatTag>;  // as many of them as floats in a vector

/// The first `count` floats, whole numbers from 0 to 255, as bytes.
HWY_INLINE void StoreBytes(FloatVec v, int64_t count, uint8_t* to) {
  const auto bytes = hn::DemoteTo(ByteTag(), hn::ConvertTo(IntTag(), v));
  if (count == simd::FloatLanes()) {
    hn::StoreU(bytes, ByteTag(), to);
  } else {
    alignas(16) uint8_t whole[16];
    hn::Store(bytes, ByteTag(), whole);
    std::memcpy(to, whole, static_cast<size_t>(count));
  }
}

/// `count` bytes as whole numbers; the other lanes hold anything.
HWY_INLINE hn::Vec<IntTag> LoadBytes(const uint8_t* from, int64_t count) {
  if (count == simd::FloatLanes()) return hn::PromoteTo(IntTag(), hn::LoadU(ByteTag(), from));
  alignas(16) uint8_t whole[16] = {};
  std::memcpy(whole, from, static_cast<size_t>(count));
  return hn::PromoteTo(IntTag(), hn::Load(ByteTag(), whole));
}

}  // namespace fcn::pool::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
