#include "runtime/blank_run.h"

#include <algorithm>

namespace fcn {
namespace {

int64_t Aligned(int64_t bytes) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (bytes + kStep - 1) / kStep * kStep;
}

int64_t ViewBytes(const Nhwc& shape) { return Aligned(shape.elements() * int64_t{sizeof(float)}); }

/// One axis of all values on a blank image that is smaller by `removed` samples; the ends and what is equal between
/// them.
struct Axis {
  std::vector<BlankAxis> values;  // by value id
};

class AxisFinder {
 public:
  AxisFinder(const Lowered& lowered, std::span<const Nhwc> shapes, bool rows)
      : lowered_(lowered), shapes_(shapes), rows_(rows) {}

  /// The n-th smallest axis that will do; after the last, the image's own.
  Axis Find(int n) const {
    const int64_t step = TotalStep(), size = Size(lowered_.graph->inputs()[0]);
    for (int64_t removed = step > 0 ? (size - 1) / step * step : 0; removed > 0; removed -= step)
      if (auto axis = Shrink(removed); axis && n-- == 0) return *axis;
    return Whole();
  }

 private:
  int64_t Size(ValueId id) const {
    const Nhwc& shape = shapes_[static_cast<size_t>(id)];
    return rows_ ? shape.h : shape.w;
  }
  std::optional<SlidingWindow> WindowOf(const Step& step) const {
    const auto windows = SlidingWindowsOf(step.op);
    if (!windows) return std::nullopt;
    return rows_ ? windows->rows : windows->columns;
  }

  /// Samples of the image between neighbours of the coarsest value; 0 where a step does not slide.
  int64_t TotalStep() const {
    constexpr int64_t kMost = 1 << 20;
    std::vector<int64_t> steps(shapes_.size(), 1);
    int64_t most = 1;
    for (const Step& step : lowered_.steps) {
      const auto window = WindowOf(step);
      if (!window) return 0;
      int64_t& total = steps[static_cast<size_t>(step.output)];
      total = steps[static_cast<size_t>(step.inputs[0])] * window->step;
      if (total > kMost) return 0;
      most = std::max(most, total);
    }
    return most;
  }

  /// Nothing is equal between the ends.
  Axis Whole() const {
    Axis axis{std::vector<BlankAxis>(shapes_.size())};
    for (size_t id = 0; id < shapes_.size(); id++) {
      const int64_t size = Size(static_cast<ValueId>(id));
      axis.values[id] = {size, size, 0};
    }
    return axis;
  }

  /// Output o of a step is like the others between the ends where all that it reads is: padding is not, but where zeros
  /// surround the blank image itself. None where some value has nothing between its ends, so that an output could feel
  /// both. Ends of the smaller map are those of the whole one: every size has lost a whole number of steps.
  std::optional<Axis> Shrink(int64_t removed) const {
    Axis axis = Whole();
    std::vector<int64_t> gone(shapes_.size(), -1);
    for (ValueId id : lowered_.graph->inputs()) {
      gone[static_cast<size_t>(id)] = removed;
      axis.values[static_cast<size_t>(id)] = {Size(id) - removed, 0, 0};
    }
    for (const Step& step : lowered_.steps) {
      const auto output = static_cast<size_t>(step.output);
      const SlidingWindow window = *WindowOf(step);
      const int64_t removed_in = gone[static_cast<size_t>(step.inputs[0])];
      if (removed_in % window.step != 0) return std::nullopt;
      gone[output] = removed_in / window.step;
      BlankAxis out{Size(step.output) - gone[output], 0, 0};
      const auto read = [&](ValueId id, const SlidingWindow& by) {
        const BlankAxis& in = axis.values[static_cast<size_t>(id)];
        const Interval inner = InnerOf(by, in, out.size);
        out.lead = std::max(out.lead, inner.begin);
        out.trail = std::max(out.trail, out.size - inner.end);
      };
      for (ValueId id : step.inputs) {
        const ValueKind kind = lowered_.graph->value(id).kind;
        if (kind == ValueKind::kParameter) continue;
        if (gone[static_cast<size_t>(id)] != removed_in) return std::nullopt;
        const bool zeros_around_zeros = kind == ValueKind::kInput && std::holds_alternative<Conv2d>(step.op);
        if (!zeros_around_zeros) read(id, window);
      }
      if (const ValueId residual = step.tail.residual; residual != kNoValue) {
        if (gone[static_cast<size_t>(residual)] != gone[output]) return std::nullopt;
        read(residual, {});
      }
      if (out.size < 1 || out.lead + out.trail >= out.size) return std::nullopt;
      axis.values[output] = out;
    }
    return axis;
  }

  /// The outputs whose window lies between the ends.
  static Interval InnerOf(const SlidingWindow& window, const BlankAxis& in, int64_t outputs) {
    // Those that the lead, the trail or the padding reach lie outside.
    const int64_t far = int64_t{1} << 40;
    const Interval before = window.ReachedBy({-far, in.lead}, outputs);
    const Interval after = window.ReachedBy({in.size - in.trail, far}, outputs);
    return {before.end, after.begin};
  }

  const Lowered& lowered_;
  std::span<const Nhwc> shapes_;
  bool rows_;
};

/// The steps that values with a rim depend on.
Lowered StepsBefore(const Lowered& lowered, const std::vector<ValueId>& values) {
  std::vector<bool> needed(lowered.graph->values().size());
  for (ValueId id : values) needed[static_cast<size_t>(id)] = true;
  Lowered before{lowered.graph, {}, values};
  for (auto step = lowered.steps.rbegin(); step != lowered.steps.rend(); ++step) {
    if (!needed[static_cast<size_t>(step->output)]) continue;
    before.steps.push_back(*step);
    for (ValueId id : step->inputs) needed[static_cast<size_t>(id)] = true;
    if (step->tail.residual != kNoValue) needed[static_cast<size_t>(step->tail.residual)] = true;
  }
  std::reverse(before.steps.begin(), before.steps.end());
  return before;
}

std::vector<size_t> SameStepsOf(const Plan& main, const Lowered& part) {
  std::vector<size_t> same;
  size_t at = 0;
  for (const Step& step : part.steps) {
    while (main.steps[at].step.output != step.output) at++;
    same.push_back(at);
  }
  return same;
}

bool SameKernels(const BlankRun& blank, const Plan& main) {
  for (size_t i = 0; i < blank.main_steps.size(); i++)
    if (blank.plan.steps[i].kernel->name() != main.steps[blank.main_steps[i]].kernel->name()) return false;
  return true;
}

BlankRun MakeRun(const Axis& rows, const Axis& columns, const Lowered& before, const Plan& main,
                 FunctionRef<Plan(Lowered, std::vector<Nhwc>, std::vector<Nhwc>)> plan_steps) {
  BlankRun run;
  std::vector<Nhwc> shapes = main.shapes, inputs;
  for (size_t id = 0; id < shapes.size(); id++)
    shapes[id] = {1, rows.values[id].size, columns.values[id].size, shapes[id].c};
  for (ValueId id : before.graph->inputs()) inputs.push_back(shapes[static_cast<size_t>(id)]);
  for (ValueId id : before.outputs) {
    const auto value = static_cast<size_t>(id);
    const BlankAxis &row = rows.values[value], &column = columns.values[value];
    run.rims.push_back({.value = id,
                        .rows = {main.shapes[value].h, row.lead, row.trail},
                        .columns = {main.shapes[value].w, column.lead, column.trail},
                        .channels = main.shapes[value].c,
                        .offset = run.rim_floats});
    run.rim_floats += run.rims.back().floats();
  }
  run.main_steps = SameStepsOf(main, before);
  run.plan = plan_steps(before, std::move(inputs), std::move(shapes));
  return run;
}

}  // namespace

int64_t BlankRun::arena_bytes() const {
  int64_t bytes = Aligned(plan.memory.arena);
  for (const Nhwc& input : plan.input_shapes) bytes += ViewBytes(input);
  for (ValueId id : plan.outputs) bytes += ViewBytes(plan.shapes[static_cast<size_t>(id)]);
  return bytes;
}

std::optional<BlankRun> MakeBlankRun(
    const Lowered& lowered, const Plan& main, std::span<const Part> parts,
    FunctionRef<Plan(Lowered part, std::vector<Nhwc> input_shapes, std::vector<Nhwc> shapes)> plan_steps) {
  std::vector<ValueId> with_rim;
  for (const Step& step : lowered.steps) {
    const Part& part = parts[static_cast<size_t>(step.output)];
    if (!(part.kept == part.computed)) with_rim.push_back(step.output);
  }
  const Lowered before = StepsBefore(lowered, with_rim);
  const AxisFinder rows(before, main.shapes, true), columns(before, main.shapes, false);
  // Kernels are chosen by size as well: somewhat larger ones may get the plan's.
  constexpr int kAttempts = 4;
  for (int n = 0; n < kAttempts; n++) {
    BlankRun run = MakeRun(rows.Find(n), columns.Find(n), before, main, plan_steps);
    if (SameKernels(run, main)) return run;
  }
  return std::nullopt;
}

void ComputeRims(const BlankRun& blank, FunctionRef<const PackedLayer*(size_t main_step)> packed, Arena& arena,
                 const Context& context, float* rims) {
  uint8_t* memory = arena.Reserve(blank.arena_bytes()) + Aligned(blank.plan.memory.arena);
  const auto take = [&](const Nhwc& shape) {
    const TensorView<float> view(reinterpret_cast<float*>(memory), shape);
    memory += ViewBytes(shape);
    return view;
  };
  std::vector<TensorView<const float>> inputs;
  for (const Nhwc& shape : blank.plan.input_shapes) {
    const TensorView<float> input = take(shape);
    std::fill_n(input.data, shape.elements(), 0.0f);
    inputs.push_back(input);
  }
  std::vector<TensorView<float>> outputs;
  for (ValueId id : blank.plan.outputs) outputs.push_back(take(blank.plan.shapes[static_cast<size_t>(id)]));
  RunPlan(
      blank.plan, inputs, outputs, [&](size_t step) { return packed(blank.main_steps[step]); }, arena, context);
  for (size_t i = 0; i < blank.rims.size(); i++) StoreRim(blank.rims[i], outputs[i], rims);
}

}  // namespace fcn
