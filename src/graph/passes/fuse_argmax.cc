#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {

void FuseArgmax(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    Step* before = std::holds_alternative<Argmax>(step.op) ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && CanTake(*before, TailArgmax())) {
      before->tail.Set(TailArgmax());
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
