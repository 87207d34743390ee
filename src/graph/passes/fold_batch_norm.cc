#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {

void FoldBatchNorm(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const auto* norm = std::get_if<BatchNorm>(&step.op);
    Step* before = norm != nullptr ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && CanTake(*before, TailBatchNorm())) {
      before->tail = step.tail;  // an activation
      before->tail.Set(TailBatchNorm{.parameters = {step.inputs[1], step.inputs[2], step.inputs[3], step.inputs[4]},
                                     .epsilon = norm->epsilon});
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
