#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {

void FoldBatchNorm(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const auto* norm = std::get_if<BatchNorm>(&step.op);
    Step* before = norm != nullptr ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && TailSupportOf(before->op).batch_norm && before->tail == FusedTail{}) {
      before->tail = std::move(step.tail);  // an activation
      before->tail.batch_norm.assign(step.inputs.begin() + 1, step.inputs.end());
      before->tail.epsilon = norm->epsilon;
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
