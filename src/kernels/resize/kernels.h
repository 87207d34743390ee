#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/resize/resize.h"

namespace fcn::resize {

/// One row of the output.
struct Row {
  const float *above, *below;  ///< the two rows of the input
  float above_weight, below_weight;
  int64_t input_stride;
  const Source* columns;  ///< one per output pixel
  int64_t width, channels;
  float* output;
  int64_t output_stride;
};

struct Kernels {
  void (*bilinear)(const Row& row);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::resize
