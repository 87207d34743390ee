#pragma once

#include "fcn/image.h"
#include "fcn/raster.h"

namespace fcn {

/// A raster as a person may look at it: a picture in colour as it is; of others the first band in grey, from its
/// smallest sample in black to its largest in white (what is no number is black).
Image DrawRaster(const Raster& raster);

}  // namespace fcn
