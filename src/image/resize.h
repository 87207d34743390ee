#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "fcn/image.h"

/// Changing the size of pictures and label maps. Sizes of results must be positive; pixel i covers [i, i + 1), so that
/// centres lie at halves ("half-pixel centres", align_corners = false).
namespace fcn {

struct Size {
  int width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

/// Bilinear where it enlarges; where it shrinks, the triangle is widened by the factor, so that every pixel counts
/// (antialiasing). First along rows, then along columns, with weights in 22-bit fixed point and a rounding to 8 bits
/// after each: bit for bit what resize(BILINEAR) of Pillow computes, and torchvision for PIL images. (Pillow 13 takes
/// the columns first for some sizes, which changes values by 1 at most.)
Image ResizeBilinear(const Image& image, int width, int height, const Context& context);

/// The nearest pixel's label, never a mixture: out(x) = in(⌊(x + ½) · in_width / width⌋). For uint8_t, uint16_t and
/// int32_t.
template <typename Label>
std::vector<Label> ResizeNearest(const Label* labels, Size from, Size to, const Context& context);

/// The size with the same shape whose shorter side is `side`; the longer one is rounded down (torchvision's rule), to 1
/// at least. Throws Error(kInput) where it would not fit an int.
Size FitShorterSide(Size size, int side);

/// The middle part; where the margins cannot be equal, the left and the upper one are smaller by one. Throws
/// Error(kInput) where the image is smaller than the part.
Image CentreCrop(const Image& image, int width, int height);

}  // namespace fcn
