#pragma once

#include <cstdint>
#include <span>

#include "fcn/image.h"

namespace fcn {

/// The colour of pixels that do not count.
inline constexpr Colour kUncountedColour = {160, 160, 160};

/// Labels in their colours; those that have none are uncounted.
Image PaintLabels(int width, int height, std::span<const uint16_t> labels, std::span<const Colour> palette);

}  // namespace fcn
