#include "runtime/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "fcn/error.h"
#include "runtime/blank_run.h"
#include "runtime/step_costs.h"
#include "runtime/traffic.h"

namespace fcn {
namespace {

bool IsActivation(const Graph& graph, ValueId id) { return graph.value(id).kind != ValueKind::kParameter; }

void Copy(TensorView<const float> from, TensorView<float> to) {
  for (int64_t n = 0; n < from.shape.n; n++)
    for (int64_t y = 0; y < from.shape.h; y++)
      for (int64_t x = 0; x < from.shape.w; x++) std::copy_n(from.at(n, y, x), from.shape.c, to.at(n, y, x));
}

void CheckShapes(std::span<const Nhwc> wanted, auto views, const char* what) {
  FCN_CHECK(wanted.size() == views.size());
  for (size_t i = 0; i < wanted.size(); i++)
    if (!(views[i].shape == wanted[i]))
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} {} has shape {}; the program was compiled for {}", what, i, ToString(views[i].shape),
                              ToString(wanted[i])),
                  "Compile a program for these shapes, or give inputs of its own.");
}

void AddRows(const Plan& plan, Profile& profile) {
  const StepCosts costs(*plan.graph, plan.shapes);
  for (const PlannedStep& planned : plan.steps) {
    const Region computed = plan.ComputedBy(planned.step);
    Nhwc shape = plan.shapes[static_cast<size_t>(planned.step.output)];
    shape.h = computed.rows.length(), shape.w = computed.columns.length();
    profile.rows.push_back({planned.step.name, planned.kernel->name(), ToString(shape),
                            costs.Of(planned.step, computed), LeastBytes(plan, planned.step), 0});
  }
}

/// Of a value's view, which has what is kept of it, the pixels of a region of the whole map.
template <typename T>
TensorView<T> RegionOf(const Plan& plan, ValueId id, TensorView<T> kept, const Region& region) {
  if (plan.parts.empty()) return kept;
  const Region& all = plan.parts[static_cast<size_t>(id)].kept;
  return kept.Rectangle(region.rows.begin - all.rows.begin, region.columns.begin - all.columns.begin,
                        region.rows.length(), region.columns.length());
}

/// Hands a whole gradient over.
void HandOver(const Plan& plan, size_t i, const std::vector<TensorView<float>>& written, GradientSink sink) {
  const ParameterGradient& gradient = plan.consumed[i];
  const int64_t elements = plan.graph->value(gradient.parameter).parameter_shape.elements();
  sink(i, 0, {written[static_cast<size_t>(gradient.gradient)].data + gradient.offset, static_cast<size_t>(elements)});
}

}  // namespace

void Arena::Release() {
  memory_.reset();
  bytes_ = 0;
}

uint8_t* Arena::Reserve(int64_t bytes) {
  if (bytes > bytes_) {
    Release();  // first, so that old and new never exist at once
    memory_ = AllocateWorkspace(static_cast<size_t>(bytes));
    bytes_ = bytes;
  }
  return memory_.get();
}

void RunPlan(const Plan& plan, std::span<const TensorView<const float>> inputs,
             std::span<const TensorView<float>> outputs, FunctionRef<const PackedLayer*(size_t step)> packed,
             Arena& arena, const Context& context, Profile* profile, const float* rims, GradientSink sink) {
  FCN_CHECK(rims != nullptr || !plan.blank);
  std::vector<Nhwc> output_shapes;
  for (ValueId id : plan.outputs) output_shapes.push_back(plan.shapes[static_cast<size_t>(id)]);
  CheckShapes(plan.input_shapes, inputs, "input");
  CheckShapes(output_shapes, outputs, "output");

  uint8_t* memory = arena.Reserve(plan.memory.arena);
  std::vector<TensorView<float>> written(plan.shapes.size());
  for (size_t id = 0; id < written.size(); id++)
    if (plan.offsets[id] >= 0)
      written[id] = {reinterpret_cast<float*>(memory + plan.offsets[id]), plan.stored(static_cast<ValueId>(id))};
  for (size_t i = 0; i < outputs.size(); i++) written[static_cast<size_t>(plan.outputs[i])] = outputs[i];
  const std::vector<ValueId>& graph_inputs = plan.graph->inputs();
  const auto readable = [&](ValueId id) -> TensorView<const float> {
    const auto found = std::find(graph_inputs.begin(), graph_inputs.end(), id);
    return found != graph_inputs.end() ? inputs[static_cast<size_t>(found - graph_inputs.begin())]
                                       : written[static_cast<size_t>(id)];
  };

  if (profile != nullptr && profile->rows.empty()) AddRows(plan, *profile);
  std::vector<TensorView<const float>> step_inputs;
  size_t next_rim = 0;
  for (size_t i = 0; i < plan.steps.size(); i++) {
    context.ThrowIfCancelled();
    const PlannedStep& planned = plan.steps[i];
    const Step& step = planned.step;
    const Region computed = plan.ComputedBy(step);
    step_inputs.clear();
    for (ValueId id : step.inputs)
      if (IsActivation(*plan.graph, id)) step_inputs.push_back(RegionOf(plan, id, readable(id), plan.ReadBy(step, id)));
    StepArgs args;
    args.inputs = step_inputs;
    if (step.tail.residual != kNoValue)
      args.residual = RegionOf(plan, step.tail.residual, readable(step.tail.residual), computed);
    const TensorView<float>& kept = written[static_cast<size_t>(step.output)];
    args.output = RegionOf(plan, step.output, kept, computed);
    if (step.tail.loss) {
      args.labels = readable(step.tail.loss->labels);
      args.loss = written[static_cast<size_t>(step.tail.loss->loss)];
    }
    const auto start = std::chrono::steady_clock::now();
    args.packed = packed(i);
    args.scratch = reinterpret_cast<float*>(memory + planned.scratch_offset);
    if (planned.step.note >= 0) args.note = memory + plan.note_offsets[static_cast<size_t>(planned.step.note)];
    const auto hand_on = [&](int64_t first, std::span<const float> values) {
      sink(planned.consumed[0], first, values);
    };
    args.hand_on = hand_on;
    planned.kernel->Run(args, context);
    if (!planned.kernel->hands_on())
      for (size_t gradient : planned.consumed) HandOver(plan, gradient, written, sink);
    if (plan.blank && next_rim < plan.blank->rims.size() && plan.blank->rims[next_rim].value == step.output)
      FillRim(plan.blank->rims[next_rim++], rims, plan.parts[static_cast<size_t>(step.output)], kept, context);
    if (profile != nullptr)
      profile->rows[i].milliseconds +=
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  // An output that no step wrote to its place: an input of the graph, or a value that is an output twice.
  for (size_t i = 0; i < outputs.size(); i++)
    if (const TensorView<const float> value = readable(plan.outputs[i]); value.data != outputs[i].data)
      Copy(value, outputs[i]);
  if (profile != nullptr) profile->runs++;
}

}  // namespace fcn
