#pragma once

#include <cstdint>
#include <span>

#include "fcn/image.h"

namespace fcn {

/// Labels in their colours; those that have none, as they do not count, are a middle grey.
Image PaintLabels(int width, int height, std::span<const uint16_t> labels, std::span<const Colour> palette);

}  // namespace fcn
