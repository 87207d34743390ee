#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// Multiply-adds of every node (by index in graph.nodes()) when computed directly: convolutions, transposed
/// convolutions and fully connected layers count one per weight and output; everything else counts 0.
std::vector<int64_t> MultiplyAdds(const Graph& graph, std::span<const Nhwc> shapes);

/// Elements of all parameters.
int64_t ParameterCount(const Graph& graph);

}  // namespace fcn
