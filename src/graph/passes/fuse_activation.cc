#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

TailActivation AsOption(const Step& step) {
  TailActivation activation{.function = FunctionOf(step.op)};
  if (const auto* leaky = std::get_if<LeakyRelu>(&step.op)) activation.slope = leaky->slope;
  if (std::holds_alternative<PRelu>(step.op)) activation.slopes = step.inputs[1];
  return activation;
}

}  // namespace

void FuseActivation(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    const TailActivation activation = AsOption(step);
    Step* before = activation != Activation::kNone ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && CanTake(*before, activation)) {
      before->tail.Set(activation);
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
