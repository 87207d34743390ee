#include "runtime/image_window.h"

#include <algorithm>

namespace fcn {
namespace {

// A window of nearly the whole map saves less than the rim costs.
constexpr double kNearlyAll = 0.95;

/// The activations that a step reads; all are read by its windows, but the residual is read where it is written.
std::span<const ValueId> ReadBy(const Step& step) {
  return std::span(step.inputs).first(std::min(step.inputs.size(), static_cast<size_t>(ActivationsRead(step.op))));
}

Region ComputedBy(const Step& step, const std::vector<Part>& parts, const Nhwc& output) {
  const Region all = WholeOf(output);
  const auto windows = SlidingWindowsOf(step);
  if (!windows) return all;
  Region reached;
  for (ValueId id : ReadBy(step)) {
    const Region& input = parts[static_cast<size_t>(id)].computed;
    reached.rows = Hull(reached.rows, windows->rows.ReachedBy(input.rows, output.h));
    reached.columns = Hull(reached.columns, windows->columns.ReachedBy(input.columns, output.w));
  }
  if (step.tail.residual != kNoValue) {
    const Region& residual = parts[static_cast<size_t>(step.tail.residual)].computed;
    reached.rows = Hull(reached.rows, residual.rows);
    reached.columns = Hull(reached.columns, residual.columns);
  }
  const bool nothing = reached.rows.empty() || reached.columns.empty();
  const auto limit = static_cast<int64_t>(kNearlyAll * static_cast<double>(all.pixels()));
  return nothing || reached.pixels() > limit ? all : reached;
}

void Keep(Part& part, const Region& read) {
  part.kept.rows = Hull(part.kept.rows, read.rows);
  part.kept.columns = Hull(part.kept.columns, read.columns);
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

std::vector<Part> PartsOf(const Lowered& lowered, std::span<const Nhwc> shapes) {
  std::vector<Part> parts(shapes.size());
  const auto whole = [&](ValueId id) { return WholeOf(shapes[static_cast<size_t>(id)]); };
  for (size_t id = 0; id < parts.size(); id++) parts[id] = {WholeOf(shapes[id]), WholeOf(shapes[id])};
  for (const Step& step : lowered.steps) {
    const auto output = static_cast<size_t>(step.output);
    const Region computed = ComputedBy(step, parts, shapes[output]);
    parts[output] = {computed, computed};
  }
  for (auto step = lowered.steps.rbegin(); step != lowered.steps.rend(); ++step) {
    const auto output = static_cast<size_t>(step->output);
    const Region& computed = parts[output].computed;
    for (ValueId id : ReadBy(*step)) {
      const auto input = static_cast<size_t>(id);
      Keep(parts[input], ReadFor(*step, computed, shapes[output], shapes[input]));
    }
    if (step->tail.residual != kNoValue) Keep(parts[static_cast<size_t>(step->tail.residual)], computed);
  }
  for (ValueId id : lowered.outputs) parts[static_cast<size_t>(id)].kept = whole(id);
  return parts;
}

}  // namespace fcn
