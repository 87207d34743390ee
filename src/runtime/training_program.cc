#include "runtime/training_program.h"

#include <algorithm>

namespace fcn {

TrainingProgram::TrainingProgram(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                 const CompileOptions& options, const Context& context, const TrainingPlan& training)
    : plan_(MakePlan(graph, inputs, options, context, training)) {
  CheckMemory(planned_bytes(), options.max_memory);
}

void TrainingProgram::Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs,
                          const WeightSource& weights, const Context& context, Profile* profile, GradientSink sink) {
  const auto pack = [&](size_t i) -> const PackedLayer* {
    const StepKernel& kernel = *plan_.steps[i].kernel;
    packed_.raw = {};
    if (!kernel.has_parameters()) return nullptr;
    kernel.Pack(weights, context, packed_);
    return &packed_;
  };
  RunPlan(plan_, inputs, outputs, pack, arena_, context, profile, nullptr, sink);
}

int64_t TrainingProgram::planned_bytes() const {
  int64_t packed = 0;
  for (const PlannedStep& planned : plan_.steps) packed = std::max(packed, planned.kernel->packed_bytes());
  return packed + plan_.memory.arena + plan_.memory.inputs + plan_.memory.outputs;
}

}  // namespace fcn
