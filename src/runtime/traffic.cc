#include "runtime/traffic.h"

#include <algorithm>

namespace fcn {

int64_t LeastBytes(const Plan& plan, const Step& step) {
  const auto elements = [&](ValueId id) { return plan.shapes[static_cast<size_t>(id)].elements(); };
  int64_t floats = elements(step.output);
  const int activations = std::min(static_cast<int>(step.inputs.size()), ActivationsRead(step.op));
  for (int i = 0; i < activations; i++) {
    const int64_t all = elements(step.inputs[static_cast<size_t>(i)]);
    floats += std::holds_alternative<Crop>(step.op) ? std::min(all, elements(step.output)) : all;
  }
  for (const ValueId id : step.inputs)
    if (const Value& value = plan.graph->value(id); value.kind == ValueKind::kParameter)
      floats += value.parameter_shape.elements();
  if (step.tail.residual != kNoValue) floats += elements(step.tail.residual);
  return floats * int64_t{sizeof(float)};
}

}  // namespace fcn
