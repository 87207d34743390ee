#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

bool Takes(const Step& step, Activation activation) {
  return TailSupportOf(step.op).Takes(activation) && step.tail.activation == Activation::kNone &&
         !step.tail.is_closed();
}

}  // namespace

void FuseActivation(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const Activation activation = FunctionOf(step.op);
    Step* before = activation != Activation::kNone ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && Takes(*before, activation)) {
      before->tail.activation = activation;
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
