#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/pool/pool.h"

namespace fcn::pool {

/// One row of the output.
struct Row {
  const Window* window;
  int64_t channels;

  const float* image;  ///< pixel (0, 0) of the input image
  int64_t image_width, image_row_stride, image_pixel_stride;
  int64_t top;             ///< the image row under the window's row 0; may lie outside
  int tap_begin, tap_end;  ///< the window's rows that lie inside the image
  int64_t counted_rows;    ///< what the rows contribute to the divisor
  bool count_padding;

  float* output;  ///< this row of the output
  int64_t width, output_stride;

  uint8_t* winners;  ///< of this row, dense; null for none
  bool positive_only;
};

struct Kernels {
  void (*max)(const Row& row);
  void (*max_with_winners)(const Row& row);
  void (*average)(const Row& row);
  /// sums[c] = Σ over the pixels in order, divided by `divisor`.
  void (*mean)(const float* in, int64_t pixels, int64_t stride, int64_t channels, float divisor, float* sums);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::pool
