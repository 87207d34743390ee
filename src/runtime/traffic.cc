#include "runtime/traffic.h"

#include <algorithm>

#include "graph/step_reads.h"

namespace fcn {

int64_t LeastBytes(const Plan& plan, const Step& step) {
  const auto bytes_of = [&](ValueId id, const Region& region) {
    const Nhwc& shape = plan.shapes[id];
    return shape.n * region.pixels() * shape.c * plan.element_bytes(id);
  };
  const int64_t written = bytes_of(step.output, plan.ComputedBy(step));
  int64_t bytes = written;
  ForEachRead(step, [&](ValueId id, ReadOf kind) {
    if (kind == ReadOf::kInput) {
      const int64_t all = bytes_of(id, plan.ReadBy(step, id));
      bytes += std::holds_alternative<Crop>(step.op) ? std::min(all, written) : all;
    }
    if (kind == ReadOf::kParameter) bytes += FloatBytes(plan.graph->value(id).parameter_shape.elements());
    if (kind == ReadOf::kResidual) bytes += written;
  });
  return bytes;
}

}  // namespace fcn
