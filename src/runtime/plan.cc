#include "runtime/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "fcn/error.h"
#include "graph/passes/passes.h"
#include "graph/remedies.h"
#include "graph/shapes.h"
#include "graph/step_reads.h"
#include "runtime/blank_run.h"
#include "runtime/gradient_order.h"
#include "runtime/memory_planner.h"
#include "runtime/step_costs.h"

namespace fcn {
namespace {

/// From the step that writes a value to the last one that reads it.
ByValue<BufferLife> LivesOf(const Plan& plan) {
  ByValue<BufferLife> lives(*plan.graph);
  for (int i = -1; const PlannedStep& planned : plan.steps) {
    i++;
    const Step& step = planned.step;
    const auto writes = [&](ValueId id) { lives[id] = {plan.stored_bytes(id), i, i}; };
    writes(step.output);
    if (const auto& loss = step.tail.Get<TailLoss>()) writes(loss->loss);
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind != ReadOf::kLike) lives[id].last = i;
    });
  }
  // Where a gradient waits for the last reader of its parameter, it outlives that step: whatever runs in place of it
  // would come too early.
  for (int i = -1; const PlannedStep& planned : plan.steps) {
    i++;
    for (size_t consumed : planned.consumed) {
      BufferLife& life = lives[plan.consumed[consumed].gradient];
      life.last = std::max(life.last, life.first == i ? i : i + 1);
    }
  }
  return lives;
}

bool Contains(const std::vector<ValueId>& ids, ValueId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Whether two values in the same memory have the same pixels in the same places.
bool KeptAlike(const Plan& plan, ValueId a, ValueId b) {
  return plan.parts.empty() || plan.parts[a].kept == plan.parts[b].kept;
}

/// Gives every value in the arena the number of a buffer; a step that may run in place shares its input's buffer where
/// the input is not read again.
struct Buffers {
  ByValue<int> of_value;  // -1: not in the arena
  std::vector<BufferLife> lives;
};

/// The value whose buffer step i may write to: one that it may run in place of, and that nothing reads after.
ValueId SharedWith(const Plan& plan, const PlannedStep& planned, int i, const ByValue<BufferLife>& lives,
                   const ByValue<int>& buffers) {
  const Step& step = planned.step;
  const BufferLife& life = lives[step.output];
  const auto ends_here = [&](ValueId id) {
    return buffers[id] >= 0 && lives[id].last == i && lives[id].bytes == life.bytes && KeptAlike(plan, id, step.output);
  };
  // Sums read a residual where they write, but other inputs anywhere.
  const auto& residual = step.tail.Get<TailResidual>();
  if (residual && !Reads(step, residual->value, ReadOf::kInput) && ends_here(residual->value)) return residual->value;
  for (ValueId input : std::span(step.inputs).first(static_cast<size_t>(planned.kernel->in_place())))
    if (ends_here(input)) return input;
  return kNoValue;
}

Buffers AssignBuffers(const Plan& plan) {
  const ByValue<BufferLife> lives = LivesOf(plan);
  Buffers buffers{ByValue<int>(*plan.graph, -1), {}};
  for (int i = -1; const PlannedStep& planned : plan.steps) {
    i++;
    const ValueId out = planned.step.output;
    if (const auto& loss = planned.step.tail.Get<TailLoss>(); loss && !Contains(plan.outputs, loss->loss)) {
      buffers.of_value[loss->loss] = static_cast<int>(buffers.lives.size());
      buffers.lives.push_back(lives[loss->loss]);
    }
    if (Contains(plan.outputs, out)) continue;  // the caller's memory
    if (planned.kernel->hands_on()) continue;   // never whole
    const BufferLife& life = lives[out];
    int& buffer = buffers.of_value[out];
    const ValueId shared = SharedWith(plan, planned, i, lives, buffers.of_value);
    if (shared != kNoValue) {
      buffer = buffers.of_value[shared];
      buffers.lives[static_cast<size_t>(buffer)].last = life.last;
      continue;
    }
    buffer = static_cast<int>(buffers.lives.size());
    buffers.lives.push_back(life);
  }
  return buffers;
}

/// From the step that leaves a note to the one that takes it.
std::vector<BufferLife> LivesOfNotes(const Plan& plan) {
  std::vector<BufferLife> lives;
  for (int i = -1; const PlannedStep& planned : plan.steps) {
    i++;
    if (planned.step.note < 0) continue;
    const auto note = static_cast<size_t>(planned.step.note);
    if (note >= lives.size()) lives.resize(note + 1);
    BufferLife& life = lives[note];
    const bool is_taken = life.bytes > 0;
    if (is_taken && planned.kernel->note_bytes() != life.bytes)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} differs in size from the pooling that it is the gradient of", planned.step.name),
                  kBadGraph);
    if (!is_taken) life = {planned.kernel->note_bytes(), i, i};
    life.last = i;
  }
  return lives;
}

void PlaceInArena(Plan& plan) {
  Buffers buffers = AssignBuffers(plan);
  const size_t first_scratch = buffers.lives.size();
  for (int i = -1; const PlannedStep& planned : plan.steps) {
    i++;
    buffers.lives.push_back({planned.kernel->scratch_bytes(), i, i});
  }

  const size_t first_note = buffers.lives.size();
  const std::vector<BufferLife> notes = LivesOfNotes(plan);
  buffers.lives.insert(buffers.lives.end(), notes.begin(), notes.end());

  const MemoryLayout layout = PlanMemory(buffers.lives);
  plan.offsets = ByValue<int64_t>(*plan.graph, -1);
  for (ValueId id = 0; id < plan.graph->value_count(); id++)
    if (const int buffer = buffers.of_value[id]; buffer >= 0)
      plan.offsets[id] = layout.offsets[static_cast<size_t>(buffer)];
  for (size_t i = 0; i < plan.steps.size(); i++) plan.steps[i].scratch_offset = layout.offsets[first_scratch + i];
  plan.note_offsets.assign(layout.offsets.begin() + static_cast<std::ptrdiff_t>(first_note), layout.offsets.end());
  plan.memory.arena = layout.bytes;
}

void ForecastMemory(Plan& plan) {
  MemoryForecast& memory = plan.memory;
  for (const PlannedStep& planned : plan.steps) {
    memory.packed_weights += planned.kernel->packed_bytes();
    memory.packing = std::max(memory.packing, memory.packed_weights + planned.kernel->raw_bytes());
  }
  const auto bytes = [&](ValueId id) { return plan.shapes[id].elements() * plan.element_bytes(id); };
  for (ValueId id : plan.graph->inputs()) memory.inputs += bytes(id);
  for (ValueId id : plan.outputs) memory.outputs += bytes(id);
}

/// Takes the consumed gradients out of the outputs. They are found by their places among the graph's, since a pass may
/// have found that an output equals another value.
std::vector<ParameterGradient> TakeConsumed(Lowered& lowered, const std::vector<ParameterGradient>& wanted) {
  const std::vector<ValueId>& outputs = lowered.graph->outputs();
  std::vector<ParameterGradient> consumed;
  for (ParameterGradient gradient : wanted) {
    const auto place = std::find(outputs.begin(), outputs.end(), gradient.gradient) - outputs.begin();
    gradient.gradient = lowered.outputs[static_cast<size_t>(place)];
    consumed.push_back(gradient);
  }
  std::erase_if(lowered.outputs, [&](ValueId id) {
    return std::any_of(consumed.begin(), consumed.end(), [&](const auto& one) { return one.gradient == id; });
  });
  return consumed;
}

/// The kernel that computes a step's part of its output.
std::unique_ptr<StepKernel> KernelFor(const Plan& plan, const Step& step, const ByValue<CoordinateMap>& coordinates,
                                      const CompileOptions& options, const Context& context, bool training,
                                      bool may_hand_on) {
  const auto make = [&](const Step& what, const ByValue<Nhwc>& shapes) {
    return MakeStepKernel({*plan.graph, what, shapes, coordinates, context.isa(), context.threads(), options.winograd,
                           training, may_hand_on});
  };
  const Region computed = plan.ComputedBy(step);
  const Nhwc& output = plan.shapes[step.output];
  if (computed == WholeOf(output)) return make(step, plan.shapes);
  const auto resize = [](Nhwc& shape, const Region& to) { shape.h = to.rows.length(), shape.w = to.columns.length(); };
  Step within = step;
  ByValue<Nhwc> shapes = plan.shapes;
  ForEachRead(step, [&](ValueId id, ReadOf kind) {
    if (kind != ReadOf::kInput) return;
    const Nhwc& input = plan.shapes[id];
    within.op = OpWithin(step, computed, output, input);
    resize(shapes[id], ReadFor(step, computed, output, input));
  });
  resize(shapes[step.output], computed);
  return make(within, shapes);
}

/// Plans the steps of `lowered`, of whose values only `parts` are computed where there are any; for training, with the
/// gradients to be taken, where `consumed` is not null.
Plan PlanSteps(const Lowered& lowered, std::vector<Nhwc> input_shapes, ByValue<Nhwc> shapes, ByValue<Part> parts,
               const ByValue<CoordinateMap>& coordinates, const CompileOptions& options, const Context& context,
               const std::vector<ParameterGradient>* consumed = nullptr) {
  Plan plan;
  plan.graph = lowered.graph;
  plan.input_shapes = std::move(input_shapes);
  plan.shapes = std::move(shapes);
  plan.outputs = lowered.outputs;
  plan.parts = std::move(parts);
  if (consumed != nullptr) plan.consumed = *consumed;
  const std::vector<std::vector<size_t>> consumed_after = ConsumedAfter(lowered.steps, plan.consumed);
  for (size_t i = 0; i < lowered.steps.size(); i++) {
    const Step& step = lowered.steps[i];
    const std::vector<size_t>& takes = consumed_after[i];
    const bool may_hand_on = takes.size() == 1 && plan.consumed[takes[0]].gradient == step.output &&
                             IsReadByNone(lowered.steps, step.output);
    auto kernel = KernelFor(plan, step, coordinates, options, context, consumed != nullptr, may_hand_on);
    plan.steps.push_back({step, std::move(kernel), 0, takes});
  }
  PlaceInArena(plan);
  ForecastMemory(plan);
  return plan;
}

// Below this share of the multiply-adds, a window is not worth its rims.
constexpr double kWorthwhile = 0.1;

bool IsWorthwhile(const Lowered& lowered, const ByValue<Nhwc>& shapes, const ByValue<Part>& parts) {
  const auto whole = [&](const Step& step) { return WholeOf(shapes[step.output]); };
  const auto computed = [&](const Step& step) { return parts[step.output].computed; };
  if (std::all_of(lowered.steps.begin(), lowered.steps.end(),
                  [&](const Step& step) { return computed(step) == whole(step); }))
    return false;
  const StepCosts costs(*lowered.graph, shapes);
  double all = 0, windowed = 0;
  for (const Step& step : lowered.steps) {
    all += static_cast<double>(costs.Of(step, whole(step)));
    windowed += static_cast<double>(costs.Of(step, computed(step)));
  }
  return windowed <= (1 - kWorthwhile) * all;
}

/// The same plan by the image's window, where that is possible and worthwhile.
std::optional<Plan> PlanWindow(const Lowered& lowered, const std::vector<Nhwc>& input_shapes,
                               const ByValue<Nhwc>& shapes, const ByValue<CoordinateMap>& coordinates,
                               const CompileOptions& options, const Context& context) {
  const ByValue<Part> parts = PartsOf(lowered, shapes);
  if (!IsWorthwhile(lowered, shapes, parts)) return std::nullopt;
  Plan plan = PlanSteps(lowered, input_shapes, shapes, parts, coordinates, options, context);
  auto blank = MakeBlankRun(lowered, plan, parts, [&](const Step& step, const ByValue<Nhwc>& blank_shapes) {
    return MakeStepKernel(
        {*plan.graph, step, blank_shapes, coordinates, context.isa(), context.threads(), options.winograd});
  });
  if (!blank) return std::nullopt;
  plan.memory.rims = blank->rim_bytes;
  plan.memory.arena = std::max(plan.memory.arena, blank->arena_bytes);
  plan.blank = std::make_shared<const BlankRun>(std::move(*blank));
  return plan;
}

}  // namespace

int64_t MemoryForecast::peak() const { return std::max(packing, packed_weights + rims + arena + inputs + outputs); }

// Of a "like", which is not read, the whole may not exist; only its shape may be asked for.
Region Plan::ReadBy(const Step& step, ValueId input) const {
  const Nhwc& shape = shapes[input];
  if (parts.empty()) return WholeOf(shape);
  return ReadFor(step, ComputedBy(step), shapes[step.output], shape);
}

Region Plan::ComputedBy(const Step& step) const {
  return parts.empty() ? WholeOf(shapes[step.output]) : parts[step.output].computed;
}

Nhwc Plan::stored(ValueId id) const {
  Nhwc shape = shapes[id];
  if (parts.empty()) return shape;
  const Region& kept = parts[id].kept;
  shape.h = kept.rows.length(), shape.w = kept.columns.length();
  return shape;
}

Plan MakePlan(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, const CompileOptions& options,
              const Context& context) {
  const std::vector<Nhwc> input_shapes(inputs.begin(), inputs.end());
  const ByValue<Nhwc> shapes = InferShapes(*graph, inputs);
  const ByValue<CoordinateMap> coordinates = InferCoordinates(*graph, shapes);
  Lowered lowered = Lower(graph);
  lowered.shapes = shapes;
  RunPasses(lowered, options.disabled_passes);
  if (options.image_window)
    if (auto plan = PlanWindow(lowered, input_shapes, shapes, coordinates, options, context)) return std::move(*plan);
  return PlanSteps(lowered, input_shapes, shapes, {}, coordinates, options, context);
}

// Never by the image's window: rims hold for fixed weights only.
Plan MakePlan(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs, const CompileOptions& options,
              const Context& context, const TrainingPlan& training) {
  const ByValue<Nhwc> shapes = InferShapes(*graph, inputs);
  const ByValue<CoordinateMap> coordinates = InferCoordinates(*graph, shapes);
  Lowered lowered = Lower(graph);
  RunPasses(lowered, options.disabled_passes);
  const std::vector<ParameterGradient> consumed = TakeConsumed(lowered, training.consumed);
  DelayLargeGradients(lowered.steps, consumed, shapes);
  Verify(lowered);
  return PlanSteps(lowered, {inputs.begin(), inputs.end()}, shapes, {}, coordinates, options, context, &consumed);
}

}  // namespace fcn
