#pragma once

// In a network that pads its input widely, most early activations never see the image: they are the network's answer to
// padding alone, equal for every image of that size. Here is which part of each value an image reaches; what lies
// around it is in rims.h.

#include "graph/lowered.h"
#include "graph/sliding.h"
#include "tensor/shape.h"

namespace fcn {

/// Rows and columns of a map.
struct Region {
  Interval rows, columns;
  int64_t pixels() const { return rows.length() * columns.length(); }
  bool operator==(const Region&) const = default;
};
Region WholeOf(const Nhwc& shape);

/// What of a value is computed for each image, and what of it is in memory: the former, and around it the rim that
/// later steps read as well.
struct Part {
  Region computed, kept;
};

/// Computed is what pixels of the image can reach by the steps' windows, or all where that is nearly all or where a
/// step does not slide (SlidingWindowsOf).
ByValue<Part> PartsOf(const Lowered& lowered, const ByValue<Nhwc>& shapes);

/// What a step reads of an activation of this shape to compute a part of its output: all of it where it computes all.
Region ReadFor(const Step& step, const Region& computed, const Nhwc& output, const Nhwc& input);

/// The operation over the pixels that ReadFor names alone, with the padding that is left.
Op OpWithin(const Step& step, const Region& computed, const Nhwc& output, const Nhwc& input);

}  // namespace fcn
