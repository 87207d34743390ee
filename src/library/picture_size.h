#pragma once

#include <cstdint>

#include "fcn/network.h"

namespace fcn {

struct PictureSize {
  int64_t width = 0, height = 0;
};

/// What is asked for, 0 being the network's usual width or height: a classifier's crop, else 500. Throws Error(kUsage)
/// for sizes and numbers of pictures that are none.
PictureSize SizeOf(const Network& network, int64_t width, int64_t height, int64_t pictures);

}  // namespace fcn
