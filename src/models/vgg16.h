#pragma once

#include <array>
#include <string>

#include "models/layers.h"

namespace fcn {

/// The results of VGG16's five pooling layers, at strides 2, 4, 8, 16 and 32: 64, 128, 256, 512 and 512 channels.
using Vgg16Pools = std::array<Map, 5>;

/// The thirteen convolutions of VGG16 (configuration D of Simonyan and Zisserman 2014), named as in the paper's
/// reference networks (conv1_1 … pool5), with torchvision's parameters (features.0 … features.28). `first_padding` is
/// conv1_1's; `ceil` rounds the pooled sizes up, as Caffe does, where torchvision rounds down. All names begin with
/// `prefix`.
Vgg16Pools AddVgg16Features(Graph& graph, Map image, int first_padding, bool ceil, const std::string& prefix = {});

/// VGG16 as a classifier of 224×224 images: N×224×224×3 → N×1×1×classes, with torchvision's names (classifier.0, 3 and
/// 6 are fully connected).
Graph Vgg16Classifier(const Ports& ports);

}  // namespace fcn
