#include "graph/depth.h"

#include <algorithm>

#include "graph/classifier.h"

namespace fcn {
namespace {

bool IsWeighted(const Op& op) { return std::holds_alternative<Conv2d>(op) || std::holds_alternative<Linear>(op); }

CoarsestMap LargerAxis(const CoordinateMap& map) {
  return {.stride = std::max(map.y.scale, map.x.scale),
          .receptive_field = std::max(map.y.receptive_field, map.x.receptive_field)};
}

}  // namespace

int WeightedLayers(const Graph& graph) {
  ByValue<int> layers(graph, 0);
  for (const Node& node : graph.nodes()) {
    int most = 0;
    const auto read = std::min(std::ssize(node.inputs), std::ptrdiff_t{ActivationsRead(node.op)});
    for (std::ptrdiff_t i = 0; i < read; i++) most = std::max(most, layers[node.inputs[static_cast<size_t>(i)]]);
    layers[node.output] = most + (IsWeighted(node.op) ? 1 : 0);
  }
  int most = 0;
  for (const ValueId output : graph.outputs()) most = std::max(most, layers[output]);
  return most;
}

CoarsestMap CoarsestMapOf(const Graph& graph, const ByValue<CoordinateMap>& maps) {
  const ByValue<bool> is_row = RowsOf(graph);
  CoarsestMap coarsest;
  for (const Node& node : graph.nodes()) {
    if (is_row[node.output]) continue;
    const CoarsestMap map = LargerAxis(maps[node.output]);
    if (map.stride > coarsest.stride) coarsest = map;
    if (map.stride == coarsest.stride)
      coarsest.receptive_field = std::max(coarsest.receptive_field, map.receptive_field);
  }
  if (!graph.outputs().empty() && is_row[graph.outputs().front()])
    coarsest.receptive_field = LargerAxis(maps[graph.outputs().front()]).receptive_field;
  return coarsest;
}

}  // namespace fcn
