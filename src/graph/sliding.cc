#include "graph/sliding.h"

#include <algorithm>

namespace fcn {
namespace {

using Sliding = std::optional<SlidingWindows>;

constexpr std::nullopt_t kDoesNotSlide = std::nullopt;
constexpr SlidingWindows kPointwise{};

SlidingWindow Axis(int kernel, int stride, int dilation, int padding) {
  return {.begin = -padding, .step = stride, .size = int64_t{dilation} * (kernel - 1) + 1};
}
SlidingWindows Window(Size2 kernel, Size2 stride, Size2 dilation, const Padding& padding) {
  return {.rows = Axis(kernel.h, stride.h, dilation.h, padding.top),
          .columns = Axis(kernel.w, stride.w, dilation.w, padding.left)};
}

template <typename T>
Sliding WindowsOf(const T&) {
  if (IsOfKind<T, OpKind::kPointwise>) return kPointwise;
  return kDoesNotSlide;
}
Sliding WindowsOf(const Conv2d& op) { return Window(op.kernel, op.stride, op.dilation, op.padding); }
Sliding WindowsOf(const MaxPool& op) { return Window(op.kernel, op.stride, {}, op.padding); }
Sliding WindowsOf(const AveragePool& op) { return Window(op.kernel, op.stride, {}, op.padding); }
Sliding WindowsOf(const Concat&) { return kPointwise; }

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t CeilDiv(int64_t a, int64_t b) { return -FloorDiv(-a, b); }

}  // namespace

Interval Hull(const Interval& a, const Interval& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.begin, b.begin), std::max(a.end, b.end)};
}

Interval SlidingWindow::ReadBy(const Interval& outputs) const {
  if (outputs.empty()) return {};
  return {step * outputs.begin + begin, step * (outputs.end - 1) + begin + size};
}

Interval SlidingWindow::ReachedBy(const Interval& samples, int64_t outputs) const {
  if (samples.empty()) return {};
  return {std::clamp<int64_t>(CeilDiv(samples.begin - begin - size + 1, step), 0, outputs),
          std::clamp<int64_t>(FloorDiv(samples.end - 1 - begin, step) + 1, 0, outputs)};
}

std::optional<SlidingWindows> SlidingWindowsOf(const Op& op) {
  return std::visit([](const auto& alternative) { return WindowsOf(alternative); }, op);
}

std::optional<SlidingWindows> SlidingWindowsOf(const Step& step) {
  if (!step.before.empty()) return kDoesNotSlide;
  std::optional<SlidingWindows> windows = SlidingWindowsOf(step.op);
  if (windows && step.tail.Has<TailMaxPool>())
    for (SlidingWindow* axis : {&windows->rows, &windows->columns})
      *axis = {.begin = axis->begin, .step = 2 * axis->step, .size = axis->size + axis->step};
  return windows;
}

}  // namespace fcn
