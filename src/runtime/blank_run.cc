#include "runtime/blank_run.h"

#include <algorithm>

#include "base/check.h"
#include "graph/step_reads.h"
#include "runtime/blank_axes.h"

namespace fcn {
namespace {

int64_t Aligned(int64_t bytes) {
  constexpr auto kStep = static_cast<int64_t>(kAlignment);
  return (bytes + kStep - 1) / kStep * kStep;
}
int64_t ViewBytes(const Nhwc& shape, ElementType type) { return Aligned(shape.elements() * ElementSize(type)); }

/// The steps that values with a rim depend on.
Lowered StepsBefore(const Lowered& lowered, const ByValue<Part>& parts) {
  ByValue<bool> needed(*lowered.graph);
  Lowered before{lowered.graph, {}, {}};
  for (auto step = lowered.steps.rbegin(); step != lowered.steps.rend(); step++) {
    const Part& part = parts[step->output];
    if (!needed[step->output] && part.kept == part.computed) continue;
    before.steps.push_back(*step);
    ForEachRead(*step, [&](ValueId id, ReadOf kind) {
      if (kind != ReadOf::kLike) needed[id] = true;
    });
  }
  std::reverse(before.steps.begin(), before.steps.end());
  return before;
}

class Maker {
 public:
  using MakeKernel = FunctionRef<std::unique_ptr<StepKernel>(const Step&, const ByValue<Nhwc>&)>;

  Maker(const Lowered& before, const Plan& main, MakeKernel make)
      : main_(main),
        make_(make),
        rows_(BlankAxesOf(before, main.shapes, true)),
        columns_(BlankAxesOf(before, main.shapes, false)),
        rim_of_(*main.graph, -1) {}

  /// False where no map has the kernel of the plan's step.
  bool Add(const Step& step, size_t main_step) {
    // Kernels are chosen by size as well: somewhat larger maps may get the plan's.
    for (const int64_t more : {0, 3, 11, 27, 1 << 20}) {
      BlankStep blank = StepWith(step, main_step, more);
      if (blank.kernel->name() != main_.steps[main_step].kernel->name()) continue;
      AddRim(step.output);
      int64_t bytes = ViewBytes(blank.output, blank.output_type) * (blank.has_residual ? 2 : 1) +
                      Aligned(blank.kernel->scratch_bytes());
      for (size_t i = 0; i < blank.inputs.size(); i++) bytes += ViewBytes(blank.inputs[i], blank.input_types[i]);
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
    ByValue<Nhwc> shapes = main_.shapes;
    for (Nhwc& shape : shapes) shape.n = 1;
    const ValueId output = step.output;
    blank.output = shapes[output];
    blank.output_type = main_.type(output).element;
    const auto windows = SlidingWindowsOf(step);
    if (windows) {
      // All inputs of a step that slides have one size, and ends of their own: the farthest decide.
      ShortAxis row, column;
      ForEachRead(step, [&](ValueId id, ReadOf kind) {
        if (kind != ReadOf::kInput) return;
        const ShortAxis by_row = Shorten(rows_[id], rows_[output], windows->rows, more);
        const ShortAxis by_column = Shorten(columns_[id], columns_[output], windows->columns, more);
        if (by_row.output > row.output) row = by_row;
        if (by_column.output > column.output) column = by_column;
      });
      ForEachRead(step, [&](ValueId id, ReadOf kind) {
        if (kind == ReadOf::kInput) Resize(shapes[id], row.input, column.input);
      });
      Resize(blank.output, row.output, column.output);
      shapes[output] = blank.output;
    }
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      const int rim = rim_of_[id];
      if (kind == ReadOf::kInput || kind == ReadOf::kLike) {
        blank.inputs.push_back(shapes[id]);
        blank.input_types.push_back(main_.type(id).element);
        blank.input_rims.push_back(rim);
      }
      if (kind == ReadOf::kResidual) blank.has_residual = true, blank.residual_rim = rim;
    });
    blank.kernel = make_(step, shapes);
    return blank;
  }

  static void Resize(Nhwc& shape, int64_t h, int64_t w) { shape.h = h, shape.w = w; }

  void AddRim(ValueId id) {
    rim_of_[id] = static_cast<int>(run.rims.size());
    run.rims.push_back({.value = id,
                        .rows = rows_[id],
                        .columns = columns_[id],
                        .pixel_bytes = main_.shapes[id].c * main_.element_bytes(id),
                        .offset = run.rim_bytes});
    run.rim_bytes += run.rims.back().bytes();
  }

  const Plan& main_;
  MakeKernel make_;
  ByValue<BlankAxis> rows_, columns_;  // of the whole maps
  ByValue<int> rim_of_;
};

}  // namespace

std::optional<BlankRun> MakeBlankRun(
    const Lowered& lowered, const Plan& main, const ByValue<Part>& parts,
    FunctionRef<std::unique_ptr<StepKernel>(const Step& step, const ByValue<Nhwc>& shapes)> make) {
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
                 const Context& context, uint8_t* rims) {
  uint8_t* const memory = arena.Reserve(blank.arena_bytes);
  for (size_t i = 0; i < blank.steps.size(); i++) {
    context.ThrowIfCancelled();
    const BlankStep& step = blank.steps[i];
    uint8_t* free = memory;
    const auto take = [&](const Nhwc& shape, ElementType type) {
      const AnyView view(type, free, shape);
      free += ViewBytes(shape, type);
      return view;
    };
    const auto spread = [&](const Nhwc& shape, ElementType type, int rim) -> ConstAnyView {
      const AnyView view = take(shape, type);
      if (rim < 0)
        std::fill_n(view.data, shape.elements() * ElementSize(type), uint8_t{0});
      else
        SpreadRim(blank.rims[static_cast<size_t>(rim)], rims, view);
      return view;
    };
    std::vector<ConstAnyView> inputs;
    for (size_t k = 0; k < step.inputs.size(); k++)
      inputs.push_back(spread(step.inputs[k], step.input_types[k], step.input_rims[k]));
    StepArgs args;
    args.inputs = inputs;
    if (step.has_residual) args.residual = spread(step.output, step.output_type, step.residual_rim);
    args.output = take(step.output, step.output_type);
    args.packed = packed(step.main_step);
    args.scratch = free;
    step.kernel->Run(args, context);
    StoreRim(blank.rims[i], args.output, rims);
  }
}

}  // namespace fcn
