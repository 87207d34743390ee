#pragma once

#include <string_view>

#include "fcn/export.h"

namespace fcn {

/// How a network brings coarse scores to finer grids. A transposed convolution by f has a filter of 2f or 2f − 1
/// pixels, whichever makes the crop behind it an integer; it begins as bilinear interpolation. Beyond the edges of a
/// map it finds zeros, where a resize repeats what is at the edge.
enum class UpsamplingMethod {
  kUsual,     ///< as the network has it by itself: resizing, or in the paper's form kLearned
  kResize,    ///< bilinear resizing with half-pixel centres
  kBilinear,  ///< transposed convolutions that stay bilinear
  kPaper,     ///< those between two maps of scores are learned, the last one stays bilinear
  kLearned,   ///< all are learned
};

/// "usual", "resize", "bilinear", "paper", "learned".
FCN_API std::string_view UpsamplingMethodName(UpsamplingMethod method);
/// Throws Error(kUsage) that names all of them for another text.
FCN_API UpsamplingMethod UpsamplingMethodFromText(std::string_view text);

/// What may be chosen of a network that is known by name.
struct FCN_API NetworkForm {
  UpsamplingMethod upsampling = UpsamplingMethod::kUsual;
  /// What the scores of the first skip read is multiplied by, that of the second by its square, and so on; from 1e-6 to
  /// 1. 1: they read it as it is, for a training in stages. 0.01 is the published form that is trained at once: 0.01
  /// for pool4, 0.0001 for pool3.
  double skip_scale = 1;
  int fc_channels = 0;  ///< of fc6 and fc7, which FCNs on VGG16 and AlexNet have; 0: 4096
  bool operator==(const NetworkForm&) const = default;
};

}  // namespace fcn
