#pragma once

#include "base/context.h"
#include "fcn/image.h"
#include "image/palette.h"

namespace fcn {

/// The colour map "inferno" at `t` in [0, 1] (clamped): from black through violet, red and orange to a light yellow,
/// evenly graded and of rising lightness, so that it can be read in grey and by the colour-blind. 18 samples of the map
/// by Stéfan van der Walt and Nathaniel Smith (matplotlib, public domain by CC0), linearly interpolated: within 6 of
/// 255 of the original.
Colour Inferno(float t);

struct HeatMapOptions {
  float low = 0, high = 0;  ///< the values of the map's ends; equal: the least and the greatest finite value
  float alpha = 0.6f;       ///< of the colour at the high end, falling to a third of it at the low end, which is black
  bool colour_bar = true;   ///< in the lower right corner, high end up; left out where the shorter side is below 64
};

/// Scores over the photograph that they belong to: `heat` has photo.height × photo.width values. The photograph shows
/// through in grey, so that all colour is the map's. Pixels whose value is not finite show the photograph alone.
Image HeatMap(const Image& photo, const float* heat, const HeatMapOptions& options, const Context& context);

}  // namespace fcn
