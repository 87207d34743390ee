#include <utility>

#include "graph/passes/passes.h"
#include "graph/step_reads.h"

namespace fcn {

void RemoveDropout(Lowered& lowered) {
  // What stands for each value; a dropout's input is replaced before its output is read, so chains resolve themselves.
  std::vector<ValueId> same_as(lowered.graph->values().size());
  for (size_t id = 0; id < same_as.size(); id++) same_as[id] = static_cast<ValueId>(id);
  const auto replace = [&](ValueId& id, ReadOf = ReadOf::kInput) { id = same_as[static_cast<size_t>(id)]; };
  for (Step& step : lowered.steps) {
    ForEachRead(step, replace);
    if (std::holds_alternative<Dropout>(step.op)) same_as[static_cast<size_t>(step.output)] = step.inputs[0];
  }
  std::erase_if(lowered.steps, [](const Step& step) { return std::holds_alternative<Dropout>(step.op); });
  for (ValueId& id : lowered.outputs) replace(id);
}

}  // namespace fcn
