#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

bool PoolsSideBySide(const Op& op) {
  const auto* pool = std::get_if<MaxPool>(&op);
  return pool != nullptr && pool->kernel == Size2{2, 2} && pool->stride == Size2{2, 2} && pool->padding == Padding{};
}

bool TakesMaxPool(const Step& step) {
  const auto* conv = std::get_if<Conv2d>(&step.op);
  return conv != nullptr && conv->kernel == Size2{3, 3} && conv->stride == Size2{1, 1} &&
         conv->dilation == Size2{1, 1} && conv->groups == 1 && CanTake(step, TailMaxPool()) &&
         !step.tail.Has<TailResidual>() && Clamps(ActivationOf(step.tail));
}

}  // namespace

void FuseMaxPool(Lowered& lowered) {
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    Step* before = PoolsSideBySide(step.op) ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before != nullptr && TakesMaxPool(*before)) {
      before->tail.Set(TailMaxPool());
      kept.Rename(*before, step.output);
    } else {
      kept.Append(std::move(step));
    }
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
