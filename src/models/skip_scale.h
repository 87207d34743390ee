#pragma once

#include <map>
#include <string>

#include "graph/graph.h"

namespace fcn {

/// What the input of a convolution is multiplied by, by the name of its weight: of those that read a Scale. With a
/// weight the more times as large the network answers the same without it.
std::map<std::string, float> InputScales(const Graph& network);

}  // namespace fcn
