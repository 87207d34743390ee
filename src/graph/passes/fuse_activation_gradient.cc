#include <algorithm>
#include <utility>
#include <vector>

#include "graph/passes/passes.h"
#include "graph/step_reads.h"

namespace fcn {
namespace {

bool Contains(const std::vector<ValueId>& ids, ValueId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Who writes and who reads which value.
struct Uses {
  explicit Uses(Lowered& lowered) : writer(*lowered.graph), readers(*lowered.graph) {
    for (Step& step : lowered.steps) {
      writer[step.output] = &step;
      ForEachRead(step, [&](ValueId id, ReadOf) { readers[id].push_back(&step); });
    }
  }
  ByValue<Step*> writer;
  ByValue<std::vector<Step*>> readers;
};

/// Whether the step takes g from `gradient` through the very normalisation that `forward` is.
bool GoesThrough(const Step& step, const Step& forward, ValueId gradient) {
  const auto same = [&](const auto* op, size_t weight) {
    if (op == nullptr || step.tail.Has<TailMask>() || step.inputs[0] != gradient) return false;
    return op->epsilon == std::get<Normalise>(forward.op).epsilon && step.inputs[1] == forward.inputs[0] &&
           step.inputs[2] == forward.inputs[1] &&
           (weight >= step.inputs.size() || step.inputs[weight] == forward.inputs[2]) &&
           std::count(step.inputs.begin(), step.inputs.end(), gradient) == 1;
  };
  return same(std::get_if<NormaliseSums>(&step.op), 3) || same(std::get_if<NormaliseGradient>(&step.op), 4);
}

}  // namespace

void FuseActivationGradient(Lowered& lowered) {
  const Uses uses(lowered);
  for (Step& step : lowered.steps) {
    const Activation activation = FunctionBehind(step.op);
    if (!IsRelu(activation) || Contains(lowered.outputs, step.output)) continue;
    const Step* forward = uses.writer[step.inputs[1]];
    if (forward == nullptr || !std::holds_alternative<Normalise>(forward->op) ||
        ActivationOf(forward->tail) != activation)
      continue;
    const std::vector<Step*>& readers = uses.readers[step.output];
    const auto goes_through = [&](const Step* reader) { return GoesThrough(*reader, *forward, step.output); };
    if (readers.empty() || !std::all_of(readers.begin(), readers.end(), goes_through)) continue;
    for (Step* reader : readers) {
      reader->inputs[0] = step.inputs[0];
      if (std::holds_alternative<NormaliseSums>(reader->op)) reader->inputs.push_back(forward->inputs[2]);
      reader->inputs.push_back(forward->inputs[3]);
      reader->tail.Set(TailMask{activation});
    }
    step.output = kNoValue;
  }
  std::erase_if(lowered.steps, [](const Step& step) { return step.output == kNoValue; });
}

}  // namespace fcn
