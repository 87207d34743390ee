#include <algorithm>
#include <functional>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

// The step that writes `value`, where an addition can become part of it: what follows the sum is batch norm at most.
Step* Candidate(StepList& kept, ValueId value) {
  Step* writer = kept.WriterOfVanishing(value);
  const bool takes = writer != nullptr && TailSupportOf(writer->op).residual && writer->tail.residual == kNoValue &&
                     writer->tail.activation == Activation::kNone && !writer->tail.is_closed();
  return takes ? writer : nullptr;
}

}  // namespace

void FuseResidual(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    if (!std::holds_alternative<Add>(step.op)) {
      kept.Append(std::move(step));
      continue;
    }
    Step* const first = Candidate(kept, step.inputs[0]);
    Step* const second = Candidate(kept, step.inputs[1]);
    // Steps lie in one array, in the order in which they run: the later has the higher address, and none has the
    // lowest.
    Step* const chosen = std::max(first, second, std::less<>());
    if (chosen == nullptr) {
      kept.Append(std::move(step));
      continue;
    }
    Step fused = kept.Remove(*chosen);
    fused.tail.residual = step.inputs[chosen == first ? 1 : 0];
    fused.tail.activation = step.tail.activation;
    fused.output = step.output;
    kept.Append(std::move(fused));
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
