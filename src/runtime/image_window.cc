#include "runtime/image_window.h"

#include <algorithm>

#include "graph/step_reads.h"

namespace fcn {
namespace {

// A window of nearly the whole map saves less than the rim costs.
constexpr double kNearlyAll = 0.95;

/// Makes `all` the smallest region that has the other as well.
void Include(const Region& region, Region& all) {
  all.rows = Hull(all.rows, region.rows);
  all.columns = Hull(all.columns, region.columns);
}

Region ComputedBy(const Step& step, const ByValue<Part>& parts, const Nhwc& output) {
  const Region all = WholeOf(output);
  const auto windows = SlidingWindowsOf(step);
  if (!windows) return all;
  Region reached;
  ForEachRead(step, [&](ValueId id, ReadOf kind) {
    const Region& read = parts[id].computed;
    if (kind == ReadOf::kInput) {
      Include({windows->rows.ReachedBy(read.rows, output.h), windows->columns.ReachedBy(read.columns, output.w)},
              reached);
    } else if (kind == ReadOf::kResidual) {
      Include(read, reached);
    }
  });
  const bool nothing = reached.rows.empty() || reached.columns.empty();
  const auto limit = static_cast<int64_t>(kNearlyAll * static_cast<double>(all.pixels()));
  return nothing || reached.pixels() > limit ? all : reached;
}

Interval Clip(const Interval& read, int64_t size) {
  return {std::clamp<int64_t>(read.begin, 0, size), std::clamp<int64_t>(read.end, 0, size)};
}

Region Unclipped(const SlidingWindows& windows, const Region& computed) {
  return {windows.rows.ReadBy(computed.rows), windows.columns.ReadBy(computed.columns)};
}

}  // namespace

Region WholeOf(const Nhwc& shape) { return {{0, shape.h}, {0, shape.w}}; }

Region ReadFor(const Step& step, const Region& computed, const Nhwc& output, const Nhwc& input) {
  if (computed == WholeOf(output)) return WholeOf(input);
  const Region read = Unclipped(*SlidingWindowsOf(step), computed);
  return {Clip(read.rows, input.h), Clip(read.columns, input.w)};
}

Op OpWithin(const Step& step, const Region& computed, const Nhwc& output, const Nhwc& input) {
  Op op = step.op;
  if (computed == WholeOf(output)) return op;
  const Region read = Unclipped(*SlidingWindowsOf(step), computed);
  std::visit(
      [&](auto& alternative) {
        if constexpr (requires { alternative.padding; }) {
          const auto beyond = [](int64_t pixels, int padding) {
            return static_cast<int>(std::clamp<int64_t>(pixels, 0, padding));
          };
          Padding& padding = alternative.padding;
          padding = {beyond(-read.rows.begin, padding.top), beyond(read.rows.end - input.h, padding.bottom),
                     beyond(-read.columns.begin, padding.left), beyond(read.columns.end - input.w, padding.right)};
        }
      },
      op);
  return op;
}

ByValue<Part> PartsOf(const Lowered& lowered, const ByValue<Nhwc>& shapes) {
  ByValue<Part> parts(*lowered.graph);
  const auto whole = [&](ValueId id) { return WholeOf(shapes[id]); };
  for (ValueId id = 0; id < lowered.graph->value_count(); id++) parts[id] = {whole(id), whole(id)};
  for (const Step& step : lowered.steps) {
    const Region computed = ComputedBy(step, parts, shapes[step.output]);
    parts[step.output] = {computed, computed};
  }
  for (auto step = lowered.steps.rbegin(); step != lowered.steps.rend(); step++) {
    const Region& computed = parts[step->output].computed;
    ForEachRead(*step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInput) Include(ReadFor(*step, computed, shapes[step->output], shapes[id]), parts[id].kept);
      if (kind == ReadOf::kResidual) Include(computed, parts[id].kept);
    });
  }
  for (ValueId id : lowered.outputs) parts[id].kept = whole(id);
  return parts;
}

}  // namespace fcn
