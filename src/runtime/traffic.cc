#include "runtime/traffic.h"

#include <algorithm>

namespace fcn {

int64_t LeastBytes(const Plan& plan, const Step& step) {
  const auto elements_of = [&](ValueId id, const Region& region) {
    const Nhwc& shape = plan.shapes[static_cast<size_t>(id)];
    return shape.n * region.pixels() * shape.c;
  };
  const int64_t written = elements_of(step.output, plan.ComputedBy(step));
  int64_t floats = written;
  const int activations = std::min(static_cast<int>(step.inputs.size()), ActivationsRead(step));
  for (int i = 0; i < activations; i++) {
    const ValueId input = step.inputs[static_cast<size_t>(i)];
    const int64_t all = elements_of(input, plan.ReadBy(step, input));
    floats += std::holds_alternative<Crop>(step.op) ? std::min(all, written) : all;
  }
  const auto add_parameters = [&](const Step& part) {
    for (const ValueId id : part.inputs)
      if (const Value& value = plan.graph->value(id); value.kind == ValueKind::kParameter)
        floats += value.parameter_shape.elements();
  };
  add_parameters(step);
  for (const Step& part : step.before) add_parameters(part);
  if (step.tail.residual != kNoValue) floats += written;
  return floats * int64_t{sizeof(float)};
}

}  // namespace fcn
