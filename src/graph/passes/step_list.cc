#include "graph/passes/step_list.h"

#include <algorithm>
#include <utility>

#include "graph/step_reads.h"

namespace fcn {

StepList::StepList(const Lowered& lowered)
    : readers_(lowered.graph->values().size()), likes_(readers_.size()), written_by_(readers_.size(), -1) {
  for (const Step& step : lowered.steps)
    ForEachRead(step, [&](ValueId value, ReadOf kind) {
      readers_[static_cast<size_t>(value)]++;
      if (kind == ReadOf::kLike) likes_[static_cast<size_t>(value)]++;
    });
  for (ValueId value : lowered.outputs) readers_[static_cast<size_t>(value)] += 2;
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
