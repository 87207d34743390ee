#pragma once

#include "models/layers.h"

namespace fcn {

/// Caffe's LeNet (after LeCun et al. 1998), a classifier of 28×28 pixels in one band: two convolutions of 5×5 without
/// padding, each with a max pooling of 2×2, a fully connected layer of 500, ReLU, and the scores. Names are Caffe's:
/// conv1, pool1, conv2, pool2, ip1, relu1, ip2.
Graph LeNetClassifier(const Ports& ports);

/// Its convolutions and poolings, 50 channels at stride 4, on an image padded by so much on each side.
Map AddLeNetFeatures(Graph& graph, Map image, int padding);

inline constexpr int kLeNetSide = 28, kLeNetKernel = 4, kLeNetHidden = 500;  ///< kernel: the map that ip1 sees

}  // namespace fcn
