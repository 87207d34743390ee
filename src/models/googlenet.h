#pragma once

#include <array>
#include <string>

#include "models/layers.h"

namespace fcn {

/// Which published form of GoogLeNet (Szegedy et al. 2014).
enum class GoogLeNetForm {
  kTorchvision,  ///< batch norm (epsilon 1e-3) in place of biases and local response normalisation, 3×3 in place of 5×5
  kCaffe,        ///< bvlc_googlenet: biases, local response normalisation, 5×5
};

/// The last maps at strides 4, 8, 16 and 32: 192, 480, 832 and 1024 channels.
using GoogLeNetTaps = std::array<Map, 4>;

/// The network up to its last inception module, without the auxiliary classifiers, which serve its training alone.
/// Values and parameters are named `prefix` + torchvision's names (conv1.conv, conv1.bn, inception3a.branch1.conv, …)
/// or Caffe's (conv1/7x7_s2, inception_3a/1x1, …).
GoogLeNetTaps AddGoogLeNet(Graph& graph, Map image, const std::string& prefix, GoogLeNetForm form);

/// The classifier: N×H×W×3 → N×1×1×classes, torchvision's form for images of any size, Caffe's for 224×224, where its
/// last pooling of 7×7 sees the whole map.
Graph GoogLeNetClassifier(GoogLeNetForm form, const Ports& ports);

}  // namespace fcn
