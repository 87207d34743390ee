#pragma once

#include <cstdint>

#include "fcn/image.h"
#include "tensor/random.h"

namespace fcn::test {

/// A picture of dashes, each of so many samples of one value: with 1, noise.
inline Image Dashes(int width, int height, uint64_t seed = 1, int64_t samples = 40) {
  Image image{width, height, {}};
  for (int64_t i = 0; i < int64_t{3} * width * height; i++)
    image.rgb.push_back(static_cast<uint8_t>(RandomBits(seed, static_cast<uint64_t>(i / samples))));
  return image;
}

}  // namespace fcn::test
