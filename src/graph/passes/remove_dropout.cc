#include <utility>

#include "graph/passes/passes.h"
#include "graph/step_reads.h"

namespace fcn {

void RemoveDropout(Lowered& lowered) {
  // What stands for each value; a dropout's input is replaced before its output is read, so chains resolve themselves.
  ByValue<ValueId> same_as(*lowered.graph);
  for (ValueId id = 0; id < lowered.graph->value_count(); id++) same_as[id] = id;
  const auto replace = [&](ValueId& id, ReadOf = ReadOf::kInput) { id = same_as[id]; };
  for (Step& step : lowered.steps) {
    ForEachRead(step, replace);
    if (std::holds_alternative<Dropout>(step.op)) same_as[step.output] = step.inputs[0];
  }
  std::erase_if(lowered.steps, [](const Step& step) { return std::holds_alternative<Dropout>(step.op); });
  for (ValueId& id : lowered.outputs) replace(id);
}

}  // namespace fcn
