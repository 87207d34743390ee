#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// The zoo's networks that compute what a graph computes, whatever their values and parameters are called and in
/// whatever order they stand: the same operations with the same attributes on parameters of the same shapes. A crop
/// that says where it begins is one like any other. Empty: there is none.
std::vector<std::string> ZooNetworksLike(const Graph& graph);

}  // namespace fcn
