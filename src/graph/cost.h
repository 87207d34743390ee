#pragma once

#include <cstdint>
#include <vector>

#include "graph/by_value.h"

namespace fcn {

/// Multiply-adds of every node (by index in graph.nodes()) when computed directly: convolutions and fully connected
/// layers count one per weight and output pixel, transposed convolutions one per weight and input pixel, and so
/// do their gradients by input and by weight; everything else counts 0. `shapes` as InferShapes gives them. Throws
/// Error(kInput) that names the node for more than 2⁵⁶.
std::vector<int64_t> MultiplyAdds(const Graph& graph, const ByValue<Nhwc>& shapes);

/// Elements of all parameters.
int64_t ParameterCount(const Graph& graph);

}  // namespace fcn
