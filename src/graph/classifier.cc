#include "graph/classifier.h"

#include <algorithm>
namespace fcn {

ByValue<bool> RowsOf(const Graph& graph) {
  ByValue<bool> is_row(graph);
  for (const Node& node : graph.nodes()) {
    const bool makes_a_row =
        std::holds_alternative<Linear>(node.op) || std::holds_alternative<GlobalAveragePool>(node.op);
    const bool makes_a_map = std::holds_alternative<Resize>(node.op) || std::holds_alternative<Deconv2d>(node.op);
    const auto read = std::min(std::ssize(node.inputs), std::ptrdiff_t{ActivationsRead(node.op)});
    const bool of_rows =
        std::all_of(node.inputs.begin(), node.inputs.begin() + read, [&](ValueId id) { return is_row[id]; });
    is_row[node.output] = makes_a_row || (!makes_a_map && of_rows);
  }
  return is_row;
}

bool IsClassifier(const Graph& graph) { return !graph.outputs().empty() && RowsOf(graph)[graph.outputs().front()]; }

}  // namespace fcn
