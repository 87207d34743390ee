#pragma once

#include <array>
#include <string>

#include "models/layers.h"

namespace fcn {

/// Bottleneck blocks in each of the four stages, layer1 to layer4.
using ResNetBlocks = std::array<int, 4>;
inline constexpr ResNetBlocks kResNet50 = {3, 4, 6, 3}, kResNet101 = {3, 4, 23, 3};

/// The results of the four stages: 256, 512, 1024 and 2048 channels, at strides 4, 8, 16 and 32, or, dilated, 4, 8, 8
/// and 8.
using ResNetStages = std::array<Map, 4>;

/// A residual network of bottleneck blocks (He et al. 2015), in torchvision's form: a block's stride is that of its 3×3
/// convolution, batch norm's epsilon is 1e-5. `dilated` keeps stride 8 in the last two stages: where they would halve
/// their map, the 3×3 convolutions that follow have their taps twice as far apart instead (Yu and Koltun 2016;
/// torchvision's replace_stride_with_dilation of the last two). Values and parameters are named `prefix` +
/// torchvision's names (conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, …).
ResNetStages AddResNet(Graph& graph, Map image, const std::string& prefix, const ResNetBlocks& blocks, bool dilated);

/// The classifier, for images of any size: N×H×W×3 → N×1×1×classes, with torchvision's names.
Graph ResNetClassifier(const ResNetBlocks& blocks, const Ports& ports);

}  // namespace fcn
