#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

Activation ActivationOf(const Op& op) {
  if (std::holds_alternative<Relu>(op)) return Activation::kRelu;
  if (std::holds_alternative<Relu6>(op)) return Activation::kRelu6;
  return Activation::kNone;
}

}  // namespace

void FuseActivation(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const Activation activation = ActivationOf(step.op);
    Step* before = activation != Activation::kNone ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && TailSupportOf(before->op).activation && before->tail.activation == Activation::kNone &&
        !before->tail.is_closed()) {
      before->tail.activation = activation;
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
