#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "segment/picture_network.h"

namespace fcn {

/// What a dense program writes for a head, in the order of its outputs.
struct DenseOutputs {
  bool labels = true;                 ///< int32 labels at the input's size
  bool probabilities = false;         ///< of every class at the input's size
  bool coarse_probabilities = false;  ///< of every class on the grid on which the network's last scores are computed
  bool operator==(const DenseOutputs&) const = default;
};

/// The network with these outputs in place of its scores, head by head: `wanted` is what its first outputs become, the
/// others are left out. A binary head's classes are two, and its threshold is where its labels change
/// (graph/two_classes.h). Throws Error(kUnsupported) where an output is an input.
Graph WithOutputs(Graph network, std::span<const DenseOutputs> wanted, std::span<const PictureHead> heads);
/// Of its first output.
Graph WithOutputs(Graph network, const DenseOutputs& wanted);

/// A network as it gives scores to pictures of any size: a classifier is made fully convolutional.
Graph PictureGraph(const PictureNetwork& network);

/// WithOutputs of a network that takes pictures of any size: a classifier is made fully convolutional first.
Graph DenseGraph(const PictureNetwork& network, std::span<const DenseOutputs> wanted);

/// Throws Error(kInput) where an output is not as large as the picture, which model files may say: `name` is
/// the network's.
void CheckFillsPicture(const Nhwc& output, const Nhwc& picture, const std::string& name);

/// The classifier's own network, with probabilities: two where it is binary.
Graph ClassifierGraph(const PictureNetwork& network);

/// The shapes of all inputs for pictures of this size.
std::vector<Nhwc> PictureShapes(const Graph& graph, int64_t pictures, int64_t height, int64_t width);

/// The same for the smallest height and width, each at least the given ones, that a network can compute: pooling and
/// unpadded windows need some pixels. Throws Error(kInput) where even 4096 × 4096 do not do.
std::vector<Nhwc> SmallestInputs(const Graph& graph, int64_t pictures, int64_t height, int64_t width);

}  // namespace fcn
