#pragma once

#include <string>

#include "graph/graph.h"
#include "segment/picture_network.h"

namespace fcn {

/// What a dense program writes, in the order of its outputs.
struct DenseOutputs {
  bool labels = true;                 ///< int32 labels at the input's size
  bool probabilities = false;         ///< of every class at the input's size
  bool coarse_probabilities = false;  ///< of every class on the grid on which the network's last scores are computed
};

/// A network with these outputs in place of its scores. A binary network's classes are two, and `threshold` is where
/// its labels change (two_classes.h). Throws Error(kUnsupported) where it has more than one input or
/// output; `name` is what that calls it.
Graph WithOutputs(Graph network, const DenseOutputs& outputs, const std::string& name, double threshold = 0.5);

/// The same, of a network that takes pictures of any size: a classifier is made fully convolutional first.
Graph DenseGraph(const PictureNetwork& network, const DenseOutputs& outputs);

/// Throws Error(kInput) where an output is not as large as the picture, which model files may say: `name` is
/// the network's.
void CheckFillsPicture(const Nhwc& output, const Nhwc& picture, const std::string& name);

/// The classifier's own network, with probabilities: two where it is binary.
Graph ClassifierGraph(const PictureNetwork& network);

/// The smallest height and width, each at least the given ones, that a network can compute: pooling and unpadded
/// windows need some pixels. Throws Error(kInput) where even 4096 × 4096 do not do.
Nhwc SmallestInput(const Graph& graph, Nhwc wanted);

}  // namespace fcn
