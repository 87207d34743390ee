#pragma once

#include <vector>

#include "fcn/dataset.h"
#include "fcn/per_band.h"

namespace fcn {

struct AugmentOptions {
  int crop_width = 0, crop_height = 0;  ///< what samples become; 0: the picture's own
  double scale_min = 1, scale_max = 1;  ///< pictures are resized by a factor between these, uniform in its logarithm
  bool flip = false;                    ///< mirror every second sample
  float colour = 0;                     ///< brightness, contrast, saturation each by a factor within 1 ± colour
  /// A sample for each band of each input: what is around pictures that are smaller than the crop. Of inputs that are
  /// not given: ImageNet's mean for pictures in colour, 0 for others.
  std::vector<PerBand> padding = {};
};

/// Throws Error(kUsage) for sizes below 0 or above 16384, scales that are not 0.01 ≤ min ≤ max ≤ 100, or a colour
/// factor outside [0, 1).
void CheckAugmentOptions(const AugmentOptions& options);

/// A random part of a sample: resized (pictures bilinearly, widened by the factor where it shrinks as in
/// ResizeBilinear; labels take the nearest, never a mixture), cropped at a uniform place, mirrored, the
/// colours of its pictures in colour changed, all alike. Where the resized picture is smaller than the crop, it lies at
/// a uniform place in it with options.padding and kIgnoredLabel around. Labels and pictures stay aligned to the pixel.
/// Only what the crop shows is resized. All randomness is RandomBits(stream, …): the same stream gives the same bytes.
/// Needs options that CheckAugmentOptions accepts, and a sample with pixels.
Sample Augment(const Sample& sample, const AugmentOptions& options, uint64_t stream);

}  // namespace fcn
