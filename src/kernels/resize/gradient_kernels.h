#pragma once

#include <cstdint>

#include "base/isa.h"

namespace fcn::resize {

/// A sample of g that a sample of the input gets something from, along one axis.
struct Tap {
  int64_t from;
  float weight;
};

/// Weighted sums of pixels.
struct WeightedSum {
  const Tap* taps;
  int64_t tap_count;
  const float* in;
  int64_t tap_stride;             ///< floats from one `from` to the next
  int64_t pixels, channels;       ///< of which each has a sum
  int64_t in_stride, out_stride;  ///< floats from one pixel to the next
  float* out;
};

struct GradientKernels {
  /// out[p] = Σ_t weight_t · in[from_t][p], in the order of the taps; 0 where there are none.
  void (*weighted_sum)(const WeightedSum& sum);
};

const GradientKernels& GradientKernelsFor(Isa isa);

}  // namespace fcn::resize
