#pragma once

#include <string>

#include "graph/graph.h"

namespace fcn {

/// A graph as text, one value a line, for files and for people:
///
///   input image channels=3
///   parameter features.0.weight 64x3x3x3
///   conv1_1 = Conv2d(image, features.0.weight, features.0.bias) kernel=3x3 padding=100,100,100,100
///   output conv1_1
///
/// Attributes that have their default value are left out. ParseGraph(PrintGraph(g)) == g.
std::string PrintGraph(const Graph& graph);

/// Throws Error(kInput) that names the line, for text that is not a graph, and for one with more than a million lines.
Graph ParseGraph(const std::string& text);

}  // namespace fcn
