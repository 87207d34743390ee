#pragma once

#include <vector>

#include "graph/lowered.h"

namespace fcn {

/// The steps that a merging pass keeps, as it goes through the old ones in order. A merge makes the value between two
/// steps vanish and changes no other value's readers, so these are counted once, from the old steps.
class StepList {
 public:
  explicit StepList(const Lowered& lowered);
  StepList(const StepList&) = delete;  // writer_ points into steps_
  StepList& operator=(const StepList&) = delete;

  /// The kept step that writes `value`, where the value may vanish: one input of one step reads it and it is no output.
  /// nullptr otherwise.
  Step* WriterOfVanishing(ValueId value);

  /// The same, where others may take the value as a "like": only its shape and place must remain.
  Step* WriterOfUnread(ValueId value);

  /// The kept step, a pooling, that leaves a note.
  Step* WriterOfNote(int note);

  void Append(Step step);
  /// Makes a kept step write another value, in its place.
  void Rename(Step& step, ValueId output);
  /// Takes a kept step out, so that it can be appended in another place.
  Step Remove(Step& step);

  std::vector<Step> TakeSteps();

 private:
  ByValue<int> readers_;   // being an output counts as two, so that none vanishes
  ByValue<int> likes_;     // those of them to which the value is a "like"
  ByValue<Step*> writer_;  // of steps_, or null
  /// Never more than there were, so that they stay where they are. Removed ones have no output.
  std::vector<Step> steps_;
};

}  // namespace fcn
