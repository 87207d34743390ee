#include "runtime/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/machine.h"
#include "fcn/error.h"
#include "graph/passes/passes.h"
#include "graph/shapes.h"
#include "runtime/memory_planner.h"

namespace fcn {
namespace {

constexpr int64_t kFloatBytes = sizeof(float);

/// From the step that writes a value to the last one that reads it.
std::vector<BufferLife> LivesOf(const Plan& plan) {
  std::vector<BufferLife> lives(plan.graph->values().size());
  for (int i = 0; i < static_cast<int>(plan.steps.size()); i++) {
    const Step& step = plan.steps[static_cast<size_t>(i)].step;
    const auto written = static_cast<size_t>(step.output);
    lives[written] = {plan.shapes[written].elements() * kFloatBytes, i, i};
    const auto read = std::min(step.inputs.size(), static_cast<size_t>(ActivationsRead(step.op)));
    for (size_t input = 0; input < read; input++) lives[static_cast<size_t>(step.inputs[input])].last = i;
    if (step.tail.residual != kNoValue) lives[static_cast<size_t>(step.tail.residual)].last = i;
  }
  return lives;
}

bool Contains(const std::vector<ValueId>& ids, ValueId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Gives every value in the arena the number of a buffer; a step that may run in place shares its input's buffer where
/// the input is not read again.
struct Buffers {
  std::vector<int> of_value;  // -1: not in the arena
  std::vector<BufferLife> lives;
};

Buffers AssignBuffers(const Plan& plan) {
  const std::vector<BufferLife> lives = LivesOf(plan);
  Buffers buffers{std::vector<int>(lives.size(), -1), {}};
  for (int i = 0; i < static_cast<int>(plan.steps.size()); i++) {
    const PlannedStep& planned = plan.steps[static_cast<size_t>(i)];
    const ValueId out = planned.step.output;
    if (Contains(plan.outputs, out)) continue;  // the caller's memory
    const BufferLife& life = lives[static_cast<size_t>(out)];
    int& buffer = buffers.of_value[static_cast<size_t>(out)];
    if (planned.kernel->in_place()) {
      const auto source = static_cast<size_t>(planned.step.inputs[0]);
      const int shared = buffers.of_value[source];
      if (shared >= 0 && lives[source].last == i && lives[source].bytes == life.bytes) {
        buffer = shared;
        buffers.lives[static_cast<size_t>(shared)].last = life.last;
        continue;
      }
    }
    buffer = static_cast<int>(buffers.lives.size());
    buffers.lives.push_back(life);
  }
  return buffers;
}

void PlaceInArena(Plan& plan) {
  Buffers buffers = AssignBuffers(plan);
  const size_t first_scratch = buffers.lives.size();
  for (int i = 0; i < static_cast<int>(plan.steps.size()); i++)
    buffers.lives.push_back({plan.steps[static_cast<size_t>(i)].kernel->scratch_floats() * kFloatBytes, i, i});

  const MemoryLayout layout = PlanMemory(buffers.lives);
  plan.offsets.assign(plan.graph->values().size(), -1);
  for (size_t id = 0; id < plan.offsets.size(); id++)
    if (buffers.of_value[id] >= 0) plan.offsets[id] = layout.offsets[static_cast<size_t>(buffers.of_value[id])];
  for (size_t i = 0; i < plan.steps.size(); i++) plan.steps[i].scratch_offset = layout.offsets[first_scratch + i];
  plan.memory.arena = layout.bytes;
}

void ForecastMemory(Plan& plan) {
  MemoryForecast& memory = plan.memory;
  for (const PlannedStep& planned : plan.steps) {
    memory.packed_weights += planned.kernel->packed_floats() * kFloatBytes;
    memory.packing = std::max(memory.packing, memory.packed_weights + planned.kernel->raw_floats() * kFloatBytes);
  }
  for (const Nhwc& shape : plan.input_shapes) memory.inputs += shape.elements() * kFloatBytes;
  for (ValueId id : plan.outputs) memory.outputs += plan.shapes[static_cast<size_t>(id)].elements() * kFloatBytes;
}

}  // namespace

int64_t MemoryForecast::peak() const { return std::max(packing, packed_weights + arena + inputs + outputs); }

Plan MakePlan(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, const CompileOptions& options,
              const Context& context) {
  Plan plan;
  plan.graph = graph;
  plan.input_shapes.assign(inputs.begin(), inputs.end());
  plan.shapes = InferShapes(*graph, inputs);
  const std::vector<CoordinateMap> coordinates = InferCoordinates(*graph, plan.shapes);

  Lowered lowered = Lower(graph);
  RunPasses(lowered, options.disabled_passes);
  plan.outputs = lowered.outputs;
  for (Step& step : lowered.steps) {
    const StepSite site{*graph, step, plan.shapes, coordinates, context.isa(), context.threads(), options.winograd};
    std::shared_ptr<const StepKernel> kernel = MakeStepKernel(site);
    plan.steps.push_back({std::move(step), std::move(kernel), 0});
  }
  PlaceInArena(plan);
  ForecastMemory(plan);
  return plan;
}

void CheckMemory(int64_t bytes) {
  if (const int64_t there_is = MachineMemory(); bytes > there_is)
    throw Error(ErrorCode::kMemory,
                fmt::format("this would need {:.1f} GB of memory; the machine allows {:.1f} GB",
                            static_cast<double>(bytes) / 1e9, static_cast<double>(there_is) / 1e9),
                "Use a smaller image or batch.");
}

}  // namespace fcn
