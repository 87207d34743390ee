#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/raster.h"
#include "fcn/runtime.h"

/// Labels, scores and samples as people look at them.
namespace fcn {

/// The colours of PASCAL VOC for `count` labels, of 0 to 2²⁴: bits 0, 1, 2 of a label are the highest bits of red,
/// green and blue, bits 3, 4, 5 the next ones, and so on (VOCdevkit, VOClabelcolormap). Neighbouring labels differ
/// strongly, and all 2²⁴ differ. Throws Error(kUsage) for another count.
FCN_API std::vector<Colour> VocPalette(int count = 256);

/// A raster as a person may look at it: a picture in colour as it is; of others the first band in grey, from its
/// smallest sample in black to its largest in white (what is no number is black).
FCN_API Image DrawRaster(const Raster& raster);

struct FCN_API OverlayOptions {
  float alpha = 0.5f;    ///< of the colours; 0 leaves the photograph, 1 hides it
  int background = 0;    ///< the label that stays clear; -1: none
  bool contours = true;  ///< the rims of the regions in the opaque colour, 1 pixel wide per 500 of the shorter side
};

/// A label map over the photograph that it belongs to, in the colours of a palette, on the runtime's threads. Labels
/// without a colour (an ignore label of 255, say) stay clear. Throws Error(kUsage) where photo and labels are not of
/// photo.width × photo.height pixels, one at least, or alpha is not from 0 to 1; Error(kCancelled).
FCN_API Image Overlay(const Image& photo, std::span<const uint16_t> labels, std::span<const Colour> palette,
                      const OverlayOptions& options, const Runtime& runtime);

/// The colour map "inferno" at `t` in [0, 1] (clamped): from black through violet, red and orange to a light yellow,
/// evenly graded and of rising lightness, so that it can be read in grey and by the colour-blind. 18 samples of the map
/// by Stéfan van der Walt and Nathaniel Smith (matplotlib, public domain by CC0), linearly interpolated: within 6 of
/// 255 of the original.
FCN_API Colour Inferno(float t);

struct FCN_API HeatMapOptions {
  float low = 0, high = 0;  ///< the values of the map's ends; equal: the least and the greatest finite value
  float alpha = 0.6f;       ///< of the colour at the high end, falling to a third of it at the low end, which is black
  bool colour_bar = true;   ///< in the lower right corner, high end up; left out where the shorter side is below 64
};

/// Scores over the photograph that they belong to, one for each pixel. The photograph shows through in grey, so that
/// all colour is the map's. Pixels whose value is not finite show the photograph alone. Throws as Overlay does.
FCN_API Image HeatMap(const Image& photo, std::span<const float> heat, const HeatMapOptions& options,
                      const Runtime& runtime);

}  // namespace fcn
