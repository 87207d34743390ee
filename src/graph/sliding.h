#pragma once

#include <cstdint>
#include <optional>

#include "graph/lowered.h"

namespace fcn {

/// Some rows or columns of a map: [begin, end).
struct Interval {
  int64_t begin = 0, end = 0;
  int64_t length() const { return end - begin; }
  bool empty() const { return end <= begin; }
  bool operator==(const Interval&) const = default;
};

/// The smallest interval that has both. An empty one adds nothing.
Interval Hull(const Interval& a, const Interval& b);

/// How an operation slides along one axis: its output at o is a function of each activation's samples [step · o +
/// begin, step · o + begin + size), the same function for every o. Samples outside of a map are padding.
struct SlidingWindow {
  int64_t begin = 0, step = 1, size = 1;
  bool operator==(const SlidingWindow&) const = default;

  /// The samples that an interval of outputs reads, those outside of the map included.
  Interval ReadBy(const Interval& outputs) const;
  /// The outputs, of so many, that read a sample of the interval.
  Interval ReachedBy(const Interval& samples, int64_t outputs) const;
};

/// None where the operation does not slide in this sense: its output depends on the whole map, or the function differs
/// from output to output as in a transposed convolution or a resize, or it serves training alone.
struct SlidingWindows {
  SlidingWindow rows, columns;
};
std::optional<SlidingWindows> SlidingWindowsOf(const Op& op);
/// The same of a step, whose tail may pool. None where other steps run as part of it.
std::optional<SlidingWindows> SlidingWindowsOf(const Step& step);

}  // namespace fcn
