#include "graph/passes/step_list.h"

#include <algorithm>
#include <utility>

namespace fcn {

StepList::StepList(const Lowered& lowered)
    : readers_(lowered.graph->values().size()), likes_(readers_.size()), written_by_(readers_.size(), -1) {
  const auto reads = [&](ValueId value, int times) {
    if (value != kNoValue) readers_[static_cast<size_t>(value)] += times;
  };
  for (const Step& step : lowered.steps) {
    int activations = 0;
    for (ValueId value : step.inputs) {
      reads(value, 1);
      if (lowered.graph->value(value).kind == ValueKind::kParameter) continue;
      if (activations++ >= ActivationsRead(step)) likes_[static_cast<size_t>(value)]++;
    }
    for (const Step& part : step.before)
      for (ValueId value : part.inputs) reads(value, 1);
    reads(step.tail.residual, 1);
    if (step.tail.loss) reads(step.tail.loss->labels, 1);
  }
  for (ValueId value : lowered.outputs) reads(value, 2);
  steps_.reserve(lowered.steps.size());
}

Step* StepList::WriterOfVanishing(ValueId value) {
  const int writer = written_by_[static_cast<size_t>(value)];
  return writer >= 0 && readers_[static_cast<size_t>(value)] == 1 ? &steps_[static_cast<size_t>(writer)] : nullptr;
}

Step* StepList::WriterOfUnread(ValueId value) {
  const int writer = written_by_[static_cast<size_t>(value)];
  const int readers = readers_[static_cast<size_t>(value)] - likes_[static_cast<size_t>(value)];
  return writer >= 0 && readers == 1 ? &steps_[static_cast<size_t>(writer)] : nullptr;
}

Step* StepList::WriterOfNote(int note) {
  const auto found = std::find_if(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.note == note && std::holds_alternative<MaxPool>(step.op);
  });
  return found == steps_.end() ? nullptr : &*found;
}

void StepList::Append(Step step) {
  written_by_[static_cast<size_t>(step.output)] = static_cast<int>(steps_.size());
  steps_.push_back(std::move(step));
}

void StepList::Rename(Step& step, ValueId output) {
  written_by_[static_cast<size_t>(output)] = std::exchange(written_by_[static_cast<size_t>(step.output)], -1);
  step.output = output;
}

Step StepList::Remove(Step& step) {
  written_by_[static_cast<size_t>(step.output)] = -1;
  return std::exchange(step, Step());
}

std::vector<Step> StepList::TakeSteps() {
  std::erase_if(steps_, [](const Step& step) { return step.output == kNoValue; });
  return std::move(steps_);
}

}  // namespace fcn
