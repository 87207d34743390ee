#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {

void FuseCrop(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const auto* crop = std::get_if<Crop>(&step.op);
    Step* before = crop != nullptr ? kept.WriterOfUnread(step.inputs[0]) : nullptr;
    if (before != nullptr && CanTake(*before, TailCrop())) {
      before->tail.Set(TailCrop{.whole = before->output, .like = step.inputs[1], .at = crop->at});
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
