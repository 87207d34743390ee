#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

FusedActivation ActivationOf(const Step& step) {
  FusedActivation activation{.function = FunctionOf(step.op)};
  if (const auto* leaky = std::get_if<LeakyRelu>(&step.op)) activation.slope = leaky->slope;
  if (std::holds_alternative<PRelu>(step.op)) activation.slopes = step.inputs[1];
  return activation;
}

bool Takes(const Step& step, Activation activation) {
  return TailSupportOf(step.op).Takes(activation) && step.tail.activation == Activation::kNone &&
         !step.tail.is_closed();
}

}  // namespace

void FuseActivation(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const FusedActivation activation = ActivationOf(step);
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
