#pragma once

#include <vector>

#include "graph/lowered.h"

namespace fcn {

/// The steps that a merging pass keeps, as it goes through the old ones in order. A merge makes the value between two
/// steps vanish and changes no other value's readers, so these are counted once, from the old steps.
class StepList {
 public:
  explicit StepList(const Lowered& lowered);

  /// The kept step that writes `value`, where the value may vanish: one input of one step reads it and it is no output.
  /// nullptr otherwise. Valid until the next Append.
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
  std::vector<int> readers_;     // by value; being an output counts as two, so that none vanishes
  std::vector<int> likes_;       // those of them to which the value is a "like"
  std::vector<int> written_by_;  // by value: an index of steps_, or -1
  std::vector<Step> steps_;      // removed ones have no output
};

}  // namespace fcn
