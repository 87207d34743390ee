#pragma once

#include "graph/lowered.h"

namespace fcn {

/// What a step has a value for that it names.
enum class ReadOf {
  kInput,      ///< an activation that it reads through its windows
  kLike,       ///< an activation of which only shape and place matter, so that it need not exist any more
  kParameter,  ///< its own, or of a step that runs as part of it
  kOfTail,     ///< a parameter of its tail
  kResidual,   ///< an activation of which it reads each pixel where it writes it
  kLabels,     ///< of a fused loss
  kInside,     ///< an input of a step that runs as part of it: inputs[0] once more, or what the part before writes
};

/// Calls f(id, kind) for each value that a step names in order to read it, those of its tail and of the steps that run
/// as part of it included, once for each time that it does. (A fused crop reads neither of its values.) With a Step
/// that may change, f may change the id. `input` is the kind of what it reads through its windows.
template <typename AnyStep, typename F>
void ForEachRead(AnyStep& step, const F& f, ReadOf input = ReadOf::kInput) {
  const int activations = InputsOf(step.op).max_activations, read = ActivationsRead(step);
  int index = 0;
  for (auto& id : step.inputs) {
    f(id, index >= activations ? ReadOf::kParameter : index >= read ? ReadOf::kLike : input);
    index++;
  }
  for (auto& part : step.before) ForEachRead(part, f, ReadOf::kInside);
  auto& tail = step.tail;
  for (auto& id : tail.batch_norm) f(id, ReadOf::kOfTail);
  if (tail.residual != kNoValue) f(tail.residual, ReadOf::kResidual);
  if (tail.activation.slopes != kNoValue) f(tail.activation.slopes, ReadOf::kOfTail);
  if (!tail.loss) return;
  f(tail.loss->labels, ReadOf::kLabels);
  if (tail.loss->class_weights != kNoValue) f(tail.loss->class_weights, ReadOf::kOfTail);
}

/// Whether the step reads a value in this way.
inline bool Reads(const Step& step, ValueId value, ReadOf how) {
  bool found = false;
  ForEachRead(step, [&](ValueId id, ReadOf kind) { found = found || (id == value && kind == how); });
  return found;
}

}  // namespace fcn
