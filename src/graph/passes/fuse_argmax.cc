#include <algorithm>

#include "graph/passes/passes.h"

namespace fcn {
namespace {

int Readers(const Lowered& lowered, ValueId value) {
  auto readers = std::count(lowered.outputs.begin(), lowered.outputs.end(), value);
  for (const Step& step : lowered.steps)
    readers += std::count(step.inputs.begin(), step.inputs.end(), value) + (step.tail.residual == value);
  return static_cast<int>(readers);
}

}  // namespace

void FuseArgmax(Lowered& lowered) {
  for (size_t i = 0; i < lowered.steps.size(); i++) {
    if (!std::holds_alternative<Argmax>(lowered.steps[i].op)) continue;
    const ValueId scores = lowered.steps[i].inputs[0];
    const auto resize = std::find_if(lowered.steps.begin(), lowered.steps.end(), [&](const Step& step) {
      return step.output == scores && std::holds_alternative<Resize>(step.op);
    });
    if (resize == lowered.steps.end() || Readers(lowered, scores) != 1) continue;
    resize->output = lowered.steps[i].output;
    resize->tail.argmax = true;
    lowered.steps.erase(lowered.steps.begin() + static_cast<std::ptrdiff_t>(i--));
  }
}

}  // namespace fcn
