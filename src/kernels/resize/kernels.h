#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/resize/resize.h"

namespace fcn::resize {

/// A row of the input, brought to the output's width.
struct ColumnBlend {
  const float* input;
  int64_t input_stride;
  const Source* columns;  ///< one per output pixel
  int64_t width, channels;
  float* output;  ///< without gaps
};

/// A row of the output, from two rows of its width.
struct RowBlend {
  const float *above, *below;  ///< without gaps
  float above_weight, below_weight;
  int64_t width, channels;
  float* output;
  int64_t output_stride;
  bool streamed;  ///< past all caches, where the output has no gaps and is aligned
};

struct Kernels {
  void (*blend_columns)(const ColumnBlend& blend);
  void (*blend_rows)(const RowBlend& blend);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::resize
