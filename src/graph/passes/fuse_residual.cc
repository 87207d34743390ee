#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

// The step that writes `value`, where an addition can become part of it, with the activation behind the addition.
Step* Candidate(StepList& kept, ValueId value, const std::optional<TailActivation>& activation) {
  Step* writer = kept.WriterOfVanishing(value);
  if (writer == nullptr || !CanTake(*writer, TailResidual())) return nullptr;
  return !activation || TailSupportOf(writer->op).Takes(*activation) ? writer : nullptr;
}

}  // namespace

void FuseResidual(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    if (!std::holds_alternative<Add>(step.op)) {
      kept.Append(std::move(step));
      continue;
    }
    const auto& activation = step.tail.Get<TailActivation>();
    Step* const first = Candidate(kept, step.inputs[0], activation);
    Step* const second = Candidate(kept, step.inputs[1], activation);
    // Steps lie in one array, in the order in which they run: the later has the higher address, and none has the
    // lowest.
    Step* const chosen = std::max(first, second, std::less<>());
    if (chosen == nullptr) {
      kept.Append(std::move(step));
      continue;
    }
    Step fused = kept.Remove(*chosen);
    fused.tail.Set(TailResidual{step.inputs[chosen == first ? 1 : 0]});
    if (activation) fused.tail.Set(*activation);
    fused.output = step.output;
    kept.Append(std::move(fused));
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
