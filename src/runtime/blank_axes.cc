#include "runtime/blank_axes.h"

#include <algorithm>

#include "graph/step_reads.h"

namespace fcn {
namespace {

/// The outputs whose window reads nothing but what lies between the ends of `in`: neither lead nor trail nor padding.
Interval InnerOf(const SlidingWindow& window, const BlankAxis& in, int64_t outputs) {
  constexpr int64_t kFar = int64_t{1} << 40;
  return {window.ReachedBy({-kFar, in.lead}, outputs).end, window.ReachedBy({in.size - in.trail, kFar}, outputs).begin};
}

BlankAxis AllDiffer(int64_t size) { return {size, size, 0}; }

}  // namespace

ByValue<BlankAxis> BlankAxesOf(const Lowered& lowered, const ByValue<Nhwc>& shapes, bool rows) {
  ByValue<BlankAxis> axes(*lowered.graph);
  const auto size = [&](ValueId id) {
    const Nhwc& shape = shapes[id];
    return rows ? shape.h : shape.w;
  };
  const Graph& graph = *lowered.graph;
  for (ValueId id : graph.inputs()) axes[id] = {size(id), 0, 0};
  for (const Step& step : lowered.steps) {
    BlankAxis& out = axes[step.output];
    out = {size(step.output), 0, 0};
    const auto read = [&](ValueId id, const SlidingWindow& window) {
      const Interval inner = InnerOf(window, axes[id], out.size);
      out.lead = std::max(out.lead, inner.begin);
      out.trail = std::max(out.trail, out.size - inner.end);
    };
    const auto windows = SlidingWindowsOf(step);
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      const bool zeros_around_zeros =
          graph.value(id).kind == ValueKind::kInput && std::holds_alternative<Conv2d>(step.op);
      if (kind == ReadOf::kInput && windows && !zeros_around_zeros) read(id, rows ? windows->rows : windows->columns);
      if (kind == ReadOf::kResidual) read(id, {});
    });
    // Where the ends meet, an output may feel both.
    if (!windows || out.lead + out.trail >= out.size) out = AllDiffer(out.size);
  }
  return axes;
}

// Ends are the same where every output has kept its distance from both: the input loses a step for each output.
ShortAxis Shorten(const BlankAxis& input, const BlankAxis& output, const SlidingWindow& window, int64_t more) {
  const auto input_for = [&](int64_t outputs) { return input.size - window.step * (output.size - outputs); };
  int64_t outputs = std::min(output.size, output.stored() + more);
  // A blank image may be padded by more than what is left of it.
  const int64_t missing = std::max(input.stored(), int64_t{1}) - input_for(outputs);
  if (missing > 0) outputs = std::min(output.size, outputs + (missing + window.step - 1) / window.step);
  return {input_for(outputs), outputs};
}

}  // namespace fcn
