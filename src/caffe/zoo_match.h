#pragma once

#include <optional>
#include <string>

#include "graph/graph.h"

namespace fcn {

struct ZooMatch {
  std::string name;
  double skip_scale = 1;  ///< of the form that it is built in (NetworkForm)
};

/// The network of the zoo that computes what a graph computes, whatever its values and parameters are called and in
/// whatever order they stand: the same operations with the same attributes on parameters of the same shapes. A crop
/// that says where it begins is one like any other. Nothing: there is none.
std::optional<ZooMatch> ZooNetworkLike(const Graph& graph);

}  // namespace fcn
