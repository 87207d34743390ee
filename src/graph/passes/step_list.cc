#include "graph/passes/step_list.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "graph/step_reads.h"

namespace fcn {

StepList::StepList(const Lowered& lowered) : readers_(*lowered.graph), likes_(*lowered.graph), writer_(*lowered.graph) {
  for (const Step& step : lowered.steps)
    ForEachRead(step, [&](ValueId value, ReadOf kind) {
      readers_[value]++;
      if (kind == ReadOf::kLike) likes_[value]++;
    });
  for (ValueId value : lowered.outputs) readers_[value] += 2;
  steps_.reserve(lowered.steps.size());
}

Step* StepList::WriterOfVanishing(ValueId value) { return readers_[value] == 1 ? writer_[value] : nullptr; }

Step* StepList::WriterOfUnread(ValueId value) {
  return readers_[value] - likes_[value] == 1 ? writer_[value] : nullptr;
}

Step* StepList::WriterOfNote(int note) {
  const auto found = std::find_if(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.note == note && std::holds_alternative<MaxPool>(step.op);
  });
  return found == steps_.end() ? nullptr : &*found;
}

void StepList::Append(Step step) {
  FCN_CHECK(steps_.size() < steps_.capacity());
  steps_.push_back(std::move(step));
  writer_[steps_.back().output] = &steps_.back();
}

void StepList::Rename(Step& step, ValueId output) {
  writer_[output] = std::exchange(writer_[step.output], nullptr);
  step.output = output;
}

Step StepList::Remove(Step& step) {
  writer_[step.output] = nullptr;
  return std::exchange(step, Step());
}

std::vector<Step> StepList::TakeSteps() {
  std::erase_if(steps_, [](const Step& step) { return step.output == kNoValue; });
  return std::move(steps_);
}

}  // namespace fcn
