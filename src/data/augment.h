#pragma once

#include "data/dataset.h"

namespace fcn {

struct AugmentOptions {
  int crop_width = 0, crop_height = 0;  ///< what samples become; 0: the picture's own
  double scale_min = 1, scale_max = 1;  ///< pictures are resized by a factor between these, uniform in its logarithm
  bool flip = false;                    ///< mirror every second sample
  float colour = 0;                     ///< brightness, contrast, saturation each by a factor within 1 ± colour
  Colour padding = {124, 116, 104};     ///< around pictures that are smaller than the crop; ImageNet's mean
};

/// Throws Error(kUsage) for sizes below 0 or above 16384, scales that are not 0.01 ≤ min ≤ max ≤ 100, or a colour
/// factor outside [0, 1).
void CheckAugmentOptions(const AugmentOptions& options);

/// A random part of a sample: resized (the picture bilinearly, widened by the factor where it shrinks as in
/// ResizeBilinear; labels take the nearest, never a mixture), cropped at a uniform place, mirrored, its colours
/// changed. Where the resized picture is smaller than the crop, it lies at a uniform place in it with options.padding
/// and kIgnoredLabel around. Labels and picture stay aligned to the pixel. Only what the crop shows is resized. All
/// randomness is RandomBits(stream, …): the same stream gives the same bytes. Needs options that CheckAugmentOptions
/// accepts, and a sample with pixels.
Sample Augment(const Sample& sample, const AugmentOptions& options, uint64_t stream);

}  // namespace fcn
