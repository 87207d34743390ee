#pragma once

#include <cstdint>
#include <span>

#include "fcn/image.h"
#include "fcn/raster.h"

namespace fcn {

/// The Orientation (1–8) in a block of EXIF data, with or without its "Exif\0\0" heading; 1 (upright) where there is
/// none or it makes no sense.
int ExifOrientation(std::span<const uint8_t> exif);

/// Turns and mirrors an image that was stored with an orientation (TIFF 6.0, tag 274, which EXIF took over) so that it
/// stands upright. 5 to 8 swap width and height. Values outside 2–8 change nothing.
Image Upright(Image image, int orientation);
Raster Upright(Raster raster, int orientation);

}  // namespace fcn
