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
/// Sizes are height x width, padding is top,bottom,left,right; attributes that have their default value are left out;
/// outputs come last. An input that is not float32 says so (`input labels channels=1 type=int32`; of a quantised one
/// also scale and zero_point); the types of all else follow. ParseGraph(PrintGraph(g)) == g.
std::string PrintGraph(const Graph& graph);

/// Empty lines and spaces around words do not matter. Throws Error(kInput) that names the line, for text that is not a
/// graph (whatever Graph's functions throw included), and for one with more than ten thousand lines or with
/// operations of more than twenty thousand inputs in all.
Graph ParseGraph(const std::string& text);

}  // namespace fcn
