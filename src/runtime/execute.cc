#include "runtime/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "fcn/error.h"
#include "graph/step_reads.h"
#include "runtime/blank_run.h"
#include "runtime/step_costs.h"
#include "runtime/traffic.h"

namespace fcn {
namespace {

void Copy(const ConstAnyView& from, const AnyView& to) {
  for (int64_t n = 0; n < from.shape.n; n++)
    for (int64_t y = 0; y < from.shape.h; y++)
      for (int64_t x = 0; x < from.shape.w; x++) std::copy_n(from.at(n, y, x), from.pixel_bytes(), to.at(n, y, x));
}

/// "1x500x500x21", and the type where it is not float32.
std::string Describe(const Nhwc& shape, ElementType type) {
  return type == ElementType::kFloat32 ? ToString(shape) : fmt::format("{} {}", ToString(shape), ElementName(type));
}

void CheckViews(const Plan& plan, std::span<const ValueId> values, auto views, const char* what) {
  FCN_CHECK(values.size() == views.size());
  for (size_t i = 0; i < values.size(); i++) {
    const Nhwc& shape = plan.shapes[values[i]];
    const ElementType type = plan.type(values[i]).element;
    if (views[i].shape == shape && views[i].type == type) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} {} has shape {}; the program was compiled for {}", what, i,
                            Describe(views[i].shape, views[i].type), Describe(shape, type)),
                "Compile a program for these shapes, or give inputs of its own.");
  }
}

void AddRows(const Plan& plan, Profile& profile) {
  const StepCosts costs(*plan.graph, plan.shapes);
  for (const PlannedStep& planned : plan.steps) {
    const Region computed = plan.ComputedBy(planned.step);
    Nhwc shape = plan.shapes[planned.step.output];
    shape.h = computed.rows.length(), shape.w = computed.columns.length();
    const ElementType type = plan.type(planned.step.output).element;
    profile.rows.push_back({planned.step.name, planned.kernel->name(), Describe(shape, type),
                            costs.Of(planned.step, computed), LeastBytes(plan, planned.step), 0});
  }
}

/// Of a value's view, which has what is kept of it, the pixels of a region of the whole map.
template <typename View>
View RegionOf(const Plan& plan, ValueId id, const View& kept, const Region& region) {
  if (plan.parts.empty()) return kept;
  const Region& all = plan.parts[id].kept;
  return kept.Rectangle(region.rows.begin - all.rows.begin, region.columns.begin - all.columns.begin,
                        region.rows.length(), region.columns.length());
}

/// Hands a whole gradient over.
void HandOver(const Plan& plan, size_t i, const ByValue<AnyView>& written, GradientSink sink) {
  const ParameterGradient& gradient = plan.consumed[i];
  const int64_t elements = plan.graph->value(gradient.parameter).parameter_shape.elements();
  const float* const values = written[gradient.gradient].As<float>().data;
  sink(i, 0, {values + gradient.offset, static_cast<size_t>(elements)});
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

void RunPlan(const Plan& plan, std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs,
             FunctionRef<const PackedLayer*(size_t step)> packed, Arena& arena, const Context& context,
             Profile* profile, const uint8_t* rims, GradientSink sink) {
  FCN_CHECK(rims != nullptr || !plan.blank);
  CheckViews(plan, plan.graph->inputs(), inputs, "input");
  CheckViews(plan, plan.outputs, outputs, "output");

  uint8_t* memory = arena.Reserve(plan.memory.arena);
  ByValue<AnyView> written(*plan.graph);
  for (ValueId id = 0; id < plan.graph->value_count(); id++) {
    written[id].type = plan.type(id).element;
    if (plan.offsets[id] >= 0) written[id] = {plan.type(id).element, memory + plan.offsets[id], plan.stored(id)};
  }
  for (size_t i = 0; i < outputs.size(); i++) written[plan.outputs[i]] = outputs[i];
  const std::vector<ValueId>& graph_inputs = plan.graph->inputs();
  const auto readable = [&](ValueId id) -> ConstAnyView {
    const auto found = std::find(graph_inputs.begin(), graph_inputs.end(), id);
    if (found == graph_inputs.end()) return written[id];
    return inputs[static_cast<size_t>(found - graph_inputs.begin())];
  };

  if (profile != nullptr && profile->rows.empty()) AddRows(plan, *profile);
  std::vector<ConstAnyView> step_inputs;
  size_t next_rim = 0;
  for (size_t i = 0; i < plan.steps.size(); i++) {
    context.ThrowIfCancelled();
    const PlannedStep& planned = plan.steps[i];
    const Step& step = planned.step;
    const Region computed = plan.ComputedBy(step);
    StepArgs args;
    step_inputs.clear();
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInput || kind == ReadOf::kLike)
        step_inputs.push_back(RegionOf(plan, id, readable(id), plan.ReadBy(step, id)));
      if (kind == ReadOf::kResidual) args.residual = RegionOf(plan, id, readable(id), computed);
      if (kind == ReadOf::kLabels) args.labels = readable(id);
    });
    args.inputs = step_inputs;
    const AnyView& kept = written[step.output];
    args.output = RegionOf(plan, step.output, kept, computed);
    if (const auto& loss = step.tail.Get<TailLoss>()) args.loss = written[loss->loss];
    const auto start = std::chrono::steady_clock::now();
    args.packed = packed(i);
    args.scratch = memory + planned.scratch_offset;
    if (planned.step.note >= 0) args.note = memory + plan.note_offsets[static_cast<size_t>(planned.step.note)];
    const auto hand_on = [&](int64_t first, std::span<const float> values) {
      sink(planned.consumed[0], first, values);
    };
    args.hand_on = hand_on;
    planned.kernel->Run(args, context);
    if (!planned.kernel->hands_on())
      for (size_t gradient : planned.consumed) HandOver(plan, gradient, written, sink);
    if (plan.blank && next_rim < plan.blank->rims.size() && plan.blank->rims[next_rim].value == step.output)
      FillRim(plan.blank->rims[next_rim++], rims, plan.parts[step.output], kept, context);
    if (profile != nullptr)
      profile->rows[i].milliseconds +=
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  // An output that no step wrote to its place: an input of the graph, or a value that is an output twice.
  for (size_t i = 0; i < outputs.size(); i++)
    if (const ConstAnyView value = readable(plan.outputs[i]); value.data != outputs[i].data) Copy(value, outputs[i]);
  if (profile != nullptr) profile->runs++;
}

}  // namespace fcn
