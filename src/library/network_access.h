#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fcn/network.h"
#include "graph/graph.h"
#include "models/roles.h"

namespace fcn {

/// What stands behind a Network, for the library's own handles.
struct NetworkAccess {
  /// Lasts as long as any copy of the handle, or of what is given here.
  static const std::shared_ptr<const Graph>& GraphOf(const Network& network);
  static Network Make(const std::string& name, std::shared_ptr<const Graph> graph, const std::vector<InputRole>& inputs,
                      const std::vector<HeadRole>& heads);
};

}  // namespace fcn
