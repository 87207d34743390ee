#include "runtime/traffic.h"

#include <algorithm>

namespace fcn {

int64_t LeastBytes(const Plan& plan, const Step& step) {
  const auto bytes_of = [&](ValueId id, const Region& region) {
    const Nhwc& shape = plan.shapes[static_cast<size_t>(id)];
    return shape.n * region.pixels() * shape.c * plan.element_bytes(id);
  };
  const int64_t written = bytes_of(step.output, plan.ComputedBy(step));
  int64_t bytes = written;
  const int activations = std::min(static_cast<int>(step.inputs.size()), ActivationsRead(step));
  for (int i = 0; i < activations; i++) {
    const ValueId input = step.inputs[static_cast<size_t>(i)];
    const int64_t all = bytes_of(input, plan.ReadBy(step, input));
    bytes += std::holds_alternative<Crop>(step.op) ? std::min(all, written) : all;
  }
  const auto add_parameters = [&](const Step& part) {
    for (const ValueId id : part.inputs)
      if (const Value& value = plan.graph->value(id); value.kind == ValueKind::kParameter)
        bytes += FloatBytes(value.parameter_shape.elements());
  };
  add_parameters(step);
  for (const Step& part : step.before) add_parameters(part);
  if (step.tail.residual != kNoValue) bytes += written;
  return bytes;
}

}  // namespace fcn
