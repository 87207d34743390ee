#include <algorithm>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

constexpr int kMostTaps = 255;  // that a byte can tell apart, with one value for none

bool SameWindow(const MaxPool& pool, const MaxPoolGradient& gradient) {
  return pool.kernel == gradient.kernel && pool.stride == gradient.stride && pool.padding == gradient.padding;
}

/// The pooling that a gradient belongs to: the one step of its window over its image. Null where there are several,
/// which can differ in how they round their size, or none.
Step* PoolingOf(std::vector<Step>& steps, const Step& gradient) {
  const auto& op = std::get<MaxPoolGradient>(gradient.op);
  Step* found = nullptr;
  for (Step& step : steps) {
    const auto* pool = std::get_if<MaxPool>(&step.op);
    if (pool == nullptr || step.inputs[0] != gradient.inputs[1] || !SameWindow(*pool, op)) continue;
    if (found != nullptr) return nullptr;
    found = &step;
  }
  return found;
}

}  // namespace

void KeepWinners(Lowered& lowered) {
  int notes = 0;
  for (const Step& step : lowered.steps) notes = std::max(notes, step.note + 1);
  for (Step& step : lowered.steps) {
    const auto* gradient = std::get_if<MaxPoolGradient>(&step.op);
    if (gradient == nullptr || int64_t{gradient->kernel.h} * gradient->kernel.w > kMostTaps) continue;
    Step* pool = PoolingOf(lowered.steps, step);
    if (pool == nullptr || pool->note >= 0 || pool >= &step) continue;  // steps lie in the order in which they run
    pool->note = step.note = notes++;
  }
  // The gradient of a ReLU before: whatever is not positive lets nothing through, and neither does the window then.
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    Step* before = std::holds_alternative<ReluGradient>(step.op) ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (before == nullptr || before->note < 0 || step.inputs[1] != before->inputs[1]) {
      kept.Append(std::move(step));
      continue;
    }
    kept.Rename(*before, step.output);
    kept.WriterOfNote(before->note)->tail.Set(TailPositiveOnly());
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
