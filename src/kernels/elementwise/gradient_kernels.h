#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/elementwise/kernels.h"

namespace fcn::elementwise {

/// In a span, a is g (or the input) and b is y.
struct GradientKernels {
  void (*activation)(const Span& span);
  void (*softmax)(const Span& span);
  /// sums[c] = Σ over the pixels in order.
  void (*channel_sums)(const Span& span, float* sums);
  /// sums[c] = Σ a·b over the pixels in order.
  void (*product_sums)(const Span& span, float* sums);
  /// sums[c] = Σ a·b where b ≤ 0, over the pixels in order.
  void (*slope_sums)(const Span& span, float* sums);
  /// Drops where RandomBits(seed, first + i) < threshold, divides the others by span.factor.
  void (*dropout)(const Span& span, uint64_t seed, uint64_t first, uint64_t threshold);
};

const GradientKernels& GradientKernelsFor(Isa isa);

}  // namespace fcn::elementwise
