#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace fcn {

/// Whether no value is infinite or NaN. Without a branch, so that it is vector code: gradients are as large as the
/// network, scores come with every picture.
inline bool IsFinite(std::span<const float> values) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t found = 0;
  for (const float value : values) found |= (std::bit_cast<uint32_t>(value) & kExponent) == kExponent ? 1u : 0u;
  return found == 0;
}

}  // namespace fcn
