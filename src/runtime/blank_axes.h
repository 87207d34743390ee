#pragma once

#include "graph/lowered.h"
#include "runtime/rims.h"

namespace fcn {

/// One axis of every value that the steps write, on a blank image of these shapes: how far its ends reach.
ByValue<BlankAxis> BlankAxesOf(const Lowered& lowered, const ByValue<Nhwc>& shapes, bool rows);

/// The lengths of a step's input and output on a shorter blank map with the same ends.
struct ShortAxis {
  int64_t input = 0, output = 0;
};

/// The shortest whose output has `more` equal samples between its ends than it needs; at most the whole.
ShortAxis Shorten(const BlankAxis& input, const BlankAxis& output, const SlidingWindow& window, int64_t more);

}  // namespace fcn
