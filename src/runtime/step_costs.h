#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "graph/lowered.h"
#include "runtime/image_window.h"
#include "tensor/shape.h"

namespace fcn {

/// Multiply-adds of steps by the direct algorithm.
class StepCosts {
 public:
  /// Throws as MultiplyAdds does.
  StepCosts(const Graph& graph, const ByValue<Nhwc>& shapes);

  /// Of a part of a step's output; 0 for a step that no node of the graph began as.
  int64_t Of(const Step& step, const Region& computed) const;

 private:
  std::unordered_map<std::string, int64_t> by_name_;
  ByValue<Nhwc> shapes_;
};

}  // namespace fcn
