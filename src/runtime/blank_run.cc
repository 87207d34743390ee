#include "runtime/blank_run.h"

#include <algorithm>

#include "base/check.h"
#include "runtime/blank_axes.h"

namespace fcn {
namespace {

int64_t ViewBytes(const Nhwc& shape) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (shape.elements() * int64_t{sizeof(float)} + kStep - 1) / kStep * kStep;
}

/// The steps that values with a rim depend on.
Lowered StepsBefore(const Lowered& lowered, std::span<const Part> parts) {
  std::vector<bool> needed(parts.size());
  Lowered before{lowered.graph, {}, {}};
  for (auto step = lowered.steps.rbegin(); step != lowered.steps.rend(); ++step) {
    const auto output = static_cast<size_t>(step->output);
    if (!needed[output] && parts[output].kept == parts[output].computed) continue;
    before.steps.push_back(*step);
    for (ValueId id : step->inputs) needed[static_cast<size_t>(id)] = true;
    if (step->tail.residual != kNoValue) needed[static_cast<size_t>(step->tail.residual)] = true;
  }
  std::reverse(before.steps.begin(), before.steps.end());
  return before;
}

class Maker {
 public:
  using MakeKernel = FunctionRef<std::unique_ptr<StepKernel>(const Step&, std::span<const Nhwc>)>;

  Maker(const Lowered& before, const Plan& main, MakeKernel make)
      : main_(main),
        make_(make),
        rows_(BlankAxesOf(before, main.shapes, true)),
        columns_(BlankAxesOf(before, main.shapes, false)),
        rim_of_(main.shapes.size(), -1) {}

  /// False where no map has the kernel of the plan's step.
  bool Add(const Step& step, size_t main_step) {
    // Kernels are chosen by size as well: somewhat larger maps may get the plan's.
    for (const int64_t more : {0, 3, 11, 27, 1 << 20}) {
      BlankStep blank = StepWith(step, main_step, more);
      if (blank.kernel->name() != main_.steps[main_step].kernel->name()) continue;
      AddRim(step.output);
      int64_t bytes = ViewBytes(blank.output) * (step.tail.residual != kNoValue ? 2 : 1) +
                      ViewBytes({1, 1, 1, blank.kernel->scratch_floats()});
      for (const Nhwc& input : blank.inputs) bytes += ViewBytes(input);
      run.arena_bytes = std::max(run.arena_bytes, bytes);
      run.steps.push_back(std::move(blank));
      return true;
    }
    return false;
  }

  BlankRun run;

 private:
  BlankStep StepWith(const Step& step, size_t main_step, int64_t more) const {
    BlankStep blank;
    blank.main_step = main_step;
    std::vector<Nhwc> shapes = main_.shapes;
    for (Nhwc& shape : shapes) shape.n = 1;
    const auto output = static_cast<size_t>(step.output);
    blank.output = shapes[output];
    const auto windows = SlidingWindowsOf(step);
    if (windows) {
      // All inputs of a step that slides have one size, and ends of their own: the farthest decide.
      ShortAxis row, column;
      for (ValueId id : step.inputs) {
        if (!IsActivation(id)) continue;
        const auto input = static_cast<size_t>(id);
        const ShortAxis by_row = Shorten(rows_[input], rows_[output], windows->rows, more);
        const ShortAxis by_column = Shorten(columns_[input], columns_[output], windows->columns, more);
        if (by_row.output > row.output) row = by_row;
        if (by_column.output > column.output) column = by_column;
      }
      for (ValueId id : step.inputs)
        if (IsActivation(id)) Resize(shapes[static_cast<size_t>(id)], row.input, column.input);
      Resize(blank.output, row.output, column.output);
      shapes[output] = blank.output;
    }
    for (ValueId id : step.inputs) {
      if (!IsActivation(id)) continue;
      blank.inputs.push_back(shapes[static_cast<size_t>(id)]);
      blank.input_rims.push_back(rim_of_[static_cast<size_t>(id)]);
    }
    blank.has_residual = step.tail.residual != kNoValue;
    if (blank.has_residual) blank.residual_rim = rim_of_[static_cast<size_t>(step.tail.residual)];
    blank.kernel = make_(step, shapes);
    return blank;
  }

  static void Resize(Nhwc& shape, int64_t h, int64_t w) { shape.h = h, shape.w = w; }
  bool IsActivation(ValueId id) const { return main_.graph->value(id).kind != ValueKind::kParameter; }

  void AddRim(ValueId id) {
    const auto value = static_cast<size_t>(id);
    rim_of_[value] = static_cast<int>(run.rims.size());
    run.rims.push_back({.value = id,
                        .rows = rows_[value],
                        .columns = columns_[value],
                        .channels = main_.shapes[value].c,
                        .offset = run.rim_floats});
    run.rim_floats += run.rims.back().floats();
  }

  const Plan& main_;
  MakeKernel make_;
  std::vector<BlankAxis> rows_, columns_;  // by value id, of the whole maps
  std::vector<int> rim_of_;                // by value id
};

}  // namespace

std::optional<BlankRun> MakeBlankRun(
    const Lowered& lowered, const Plan& main, std::span<const Part> parts,
    FunctionRef<std::unique_ptr<StepKernel>(const Step& step, std::span<const Nhwc> shapes)> make) {
  const Lowered before = StepsBefore(lowered, parts);
  Maker maker(before, main, make);
  size_t at = 0;
  for (const Step& step : before.steps) {
    while (main.steps[at].step.output != step.output) at++;
    if (!maker.Add(step, at)) return std::nullopt;
  }
  return std::move(maker.run);
}

void ComputeRims(const BlankRun& blank, FunctionRef<const PackedLayer*(size_t main_step)> packed, Arena& arena,
                 const Context& context, float* rims) {
  uint8_t* const memory = arena.Reserve(blank.arena_bytes);
  for (size_t i = 0; i < blank.steps.size(); i++) {
    context.ThrowIfCancelled();
    const BlankStep& step = blank.steps[i];
    uint8_t* free = memory;
    const auto take = [&](const Nhwc& shape) {
      const TensorView<float> view(reinterpret_cast<float*>(free), shape);
      free += ViewBytes(shape);
      return view;
    };
    const auto spread = [&](const Nhwc& shape, int rim) -> TensorView<const float> {
      const TensorView<float> view = take(shape);
      if (rim < 0)
        std::fill_n(view.data, shape.elements(), 0.0f);
      else
        SpreadRim(blank.rims[static_cast<size_t>(rim)], rims, view);
      return view;
    };
    std::vector<TensorView<const float>> inputs;
    for (size_t k = 0; k < step.inputs.size(); k++) inputs.push_back(spread(step.inputs[k], step.input_rims[k]));
    StepArgs args;
    args.inputs = inputs;
    if (step.has_residual) args.residual = spread(step.output, step.residual_rim);
    args.output = take(step.output);
    args.packed = packed(step.main_step);
    args.scratch = reinterpret_cast<float*>(free);
    step.kernel->Run(args, context);
    StoreRim(blank.rims[i], args.output, rims);
  }
}

}  // namespace fcn
