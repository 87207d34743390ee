#include "runtime/step_costs.h"

#include "graph/cost.h"

namespace fcn {

StepCosts::StepCosts(const Graph& graph, const ByValue<Nhwc>& shapes) : shapes_(shapes) {
  const std::vector<int64_t> by_node = MultiplyAdds(graph, shapes);
  for (size_t i = 0; i < by_node.size(); i++) by_name_.emplace(graph.value(graph.nodes()[i].output).name, by_node[i]);
}

// A step has the name of the node that it began as. What slides costs the same at every pixel.
int64_t StepCosts::Of(const Step& step, const Region& computed) const {
  if (!step.before.empty()) {  // always whole
    int64_t all = by_name_.at(step.name);
    for (const Step& part : step.before) all += by_name_.at(part.name);
    return all;
  }
  const auto node = by_name_.find(step.name);
  if (node == by_name_.end()) return 0;
  const Region whole = WholeOf(shapes_[step.output]);
  return computed == whole ? node->second : node->second / whole.pixels() * computed.pixels();
}

}  // namespace fcn
