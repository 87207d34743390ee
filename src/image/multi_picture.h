#pragma once

#include <cstdint>
#include <span>

namespace fcn {

/// How many pictures the index of a multi-picture JPEG (CIPA DC-007, files named .mpo, too) lists, without the smaller
/// copies that cameras add; 0 where the segment (APP2, from its first byte on) is another or makes no sense.
int64_t CountFrames(std::span<const uint8_t> segment);

}  // namespace fcn
