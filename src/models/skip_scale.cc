#include "models/skip_scale.h"

#include <variant>

#include "graph/by_value.h"

namespace fcn {

std::map<std::string, float> InputScales(const Graph& network) {
  ByValue<float> factors(network, 1.0f);
  std::map<std::string, float> scales;
  for (const Node& node : network.nodes()) {
    if (const auto* scale = std::get_if<Scale>(&node.op)) factors[node.output] = scale->factor;
    if (!std::holds_alternative<Conv2d>(node.op) || factors[node.inputs[0]] == 1) continue;
    scales.emplace(network.value(node.inputs[1]).name, factors[node.inputs[0]]);
  }
  return scales;
}

}  // namespace fcn
