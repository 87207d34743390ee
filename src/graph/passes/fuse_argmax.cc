#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {

void FuseArgmax(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    Step* resize = std::holds_alternative<Argmax>(step.op) ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (resize != nullptr && std::holds_alternative<Resize>(resize->op)) {
      resize->tail.argmax = true;
      kept.Rename(*resize, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
