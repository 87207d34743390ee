#pragma once

#include <cstdint>

#include "base/isa.h"
#include "kernels/pool/pool.h"

namespace fcn::pool {

/// Some rows of the gradient by the input of one image, and the rows of windows that reach them.
struct Band {
  const Window* window;
  int64_t channels;
  bool count_padding;

  const float* g;  ///< window (0, 0)
  int64_t g_width, g_row_stride, g_stride;
  int64_t window_begin, window_end;  ///< rows of windows

  const float* image;  ///< pixel (0, 0) of the input
  int64_t image_row_stride, image_stride;
  const uint8_t* winners;  ///< of window (0, 0), dense

  float* output;  ///< pixel (0, 0) of the gradient
  int64_t height, width, output_row_stride, output_stride;
  int64_t row_begin, row_end;  ///< the band's rows, the only ones that are written
};

struct GradientKernels {
  void (*max)(const Band& band);
  void (*max_of_winners)(const Band& band);
  void (*average)(const Band& band);
  /// Each of the pixels becomes g / divisor.
  void (*spread)(const float* g, float divisor, int64_t channels, float* out, int64_t pixels, int64_t stride);
};

const GradientKernels& GradientKernelsFor(Isa isa);

}  // namespace fcn::pool
