#pragma once

#include <concepts>
#include <type_traits>

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

namespace tail_reads {

// What an option of a tail reads: a rule for each.
template <typename T, typename... Options>
concept Is = (std::same_as<std::remove_const_t<T>, Options> || ...);

template <Is<TailMask, TailCrop, TailMaxPool, TailArgmax, TailPositiveOnly> T, typename F>
void ReadsOf(T&, const F&) {}
template <Is<TailBatchNorm> T, typename F>
void ReadsOf(T& norm, const F& f) {
  for (auto& id : norm.parameters) f(id, ReadOf::kOfTail);
}
template <Is<TailResidual> T, typename F>
void ReadsOf(T& residual, const F& f) {
  f(residual.value, ReadOf::kResidual);
}
template <Is<TailActivation> T, typename F>
void ReadsOf(T& activation, const F& f) {
  if (activation.slopes != kNoValue) f(activation.slopes, ReadOf::kOfTail);
}
template <Is<TailLoss> T, typename F>
void ReadsOf(T& loss, const F& f) {
  f(loss.labels, ReadOf::kLabels);
  if (loss.class_weights != kNoValue) f(loss.class_weights, ReadOf::kOfTail);
}

}  // namespace tail_reads

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
  step.tail.ForEach([&](auto& option) { tail_reads::ReadsOf(option, f); });
}

/// Whether the step reads a value in this way.
inline bool Reads(const Step& step, ValueId value, ReadOf how) {
  bool found = false;
  ForEachRead(step, [&](ValueId id, ReadOf kind) { found = found || (id == value && kind == how); });
  return found;
}

}  // namespace fcn
