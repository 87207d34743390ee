#pragma once

#include <cstdint>
#include <vector>

#include "fcn/image.h"

namespace fcn {

/// The colours of PASCAL VOC for `count` labels: bits 0, 1, 2 of a label are the highest bits of red, green and blue,
/// bits 3, 4, 5 the next ones, and so on (VOCdevkit, VOClabelcolormap). Neighbouring labels differ strongly, and all
/// 2²⁴ differ.
std::vector<Colour> VocPalette(int count = 256);

}  // namespace fcn
