#include <algorithm>
#include <functional>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

// The step that writes `value`, where an addition can become part of it: what follows the sum is batch norm at most.
Step* Candidate(StepList& kept, ValueId value, Activation activation) {
  Step* writer = kept.WriterOfVanishing(value);
  if (writer == nullptr || writer->tail.residual != kNoValue || writer->tail.activation != Activation::kNone ||
      writer->tail.is_closed())
    return nullptr;
  const TailSupport supports = TailSupportOf(writer->op);
  return supports.residual && supports.Takes(activation) ? writer : nullptr;
}

}  // namespace

void FuseResidual(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    if (!std::holds_alternative<Add>(step.op)) {
      kept.Append(std::move(step));
      continue;
    }
    Step* const first = Candidate(kept, step.inputs[0], step.tail.activation);
    Step* const second = Candidate(kept, step.inputs[1], step.tail.activation);
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
