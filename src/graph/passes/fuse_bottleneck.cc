#include <algorithm>
#include <utility>

#include "graph/passes/passes.h"
#include "graph/passes/step_list.h"

namespace fcn {
namespace {

// A smaller expanded map stays in the caches on its way to the next step.
constexpr int64_t kWorthwhileFloats = 1 << 19;

// Terms of a sum that kernels compute at once.
constexpr int64_t kMaxTerms = 512;

const Conv2d* SumOf(const Step& step) {
  const auto* conv = std::get_if<Conv2d>(&step.op);
  return conv != nullptr && !step.tail.Has<TailMaxPool>() && Clamps(ActivationOf(step.tail)) && step.before.empty()
             ? conv
             : nullptr;
}

int64_t Channels(const Lowered& lowered, ValueId value) { return lowered.shapes[value].c; }

bool IsDense(const Lowered& lowered, const Step& step) {
  const Conv2d* conv = SumOf(step);
  return conv != nullptr && conv->groups == 1 &&
         int64_t{conv->kernel.h} * conv->kernel.w * Channels(lowered, step.inputs[0]) <= kMaxTerms;
}

bool Projects(const Lowered& lowered, const Step& step) {
  if (!IsDense(lowered, step)) return false;
  const auto& conv = std::get<Conv2d>(step.op);
  return conv.kernel == Size2{1, 1} && conv.stride == Size2{1, 1} && conv.padding == Padding{};
}

/// As depthwise::SupportsPlanes, which this folder does not know.
bool Filters(const Lowered& lowered, const Step& step) {
  const Conv2d* conv = SumOf(step);
  if (conv == nullptr || step.tail.Has<TailResidual>()) return false;
  const Padding& p = conv->padding;
  const bool depthwise =
      conv->groups == Channels(lowered, step.inputs[0]) && conv->groups == Channels(lowered, step.output);
  return depthwise && conv->groups > 1 && (conv->kernel == Size2{3, 3} || conv->kernel == Size2{5, 5}) &&
         (conv->stride == Size2{1, 1} || conv->stride == Size2{2, 2}) && conv->dilation == Size2{1, 1} &&
         std::min({p.top, p.bottom, p.left, p.right}) >= 0 &&
         std::max({p.top, p.bottom, p.left, p.right}) < conv->kernel.h;
}

bool Expands(const Lowered& lowered, const Step& step) {
  if (!IsDense(lowered, step) || step.tail.Has<TailResidual>()) return false;
  const auto& conv = std::get<Conv2d>(step.op);
  return (conv.kernel == Size2{1, 1} || conv.stride != Size2{1, 1}) &&
         lowered.shapes[step.output].elements() >= kWorthwhileFloats;
}

}  // namespace

void FuseBottleneck(Lowered& lowered) {
  if (lowered.shapes.empty()) return;
  StepList kept(lowered);
  for (Step& step : lowered.steps) {
    Step* filter = Projects(lowered, step) ? kept.WriterOfVanishing(step.inputs[0]) : nullptr;
    if (filter != nullptr && !Filters(lowered, *filter)) filter = nullptr;
    Step* expand = filter != nullptr ? kept.WriterOfVanishing(filter->inputs[0]) : nullptr;
    if (expand != nullptr && Expands(lowered, *expand)) {
      step.inputs[0] = expand->inputs[0];
      step.before.push_back(kept.Remove(*expand));
      step.before.push_back(kept.Remove(*filter));
    }
    kept.Append(std::move(step));
  }
  lowered.steps = kept.TakeSteps();
}

}  // namespace fcn
