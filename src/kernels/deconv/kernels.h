#pragma once

#include <algorithm>
#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::deconv {

/// Along one axis, the taps that reach an output position: tap phase + m · stride reads the input at base − m, for m in
/// [begin, end).
struct Taps {
  int64_t base, phase, begin, end;
};

/// `position` counts from before the padding was cut off, so that it is not negative.
inline Taps TapsReaching(int64_t position, int kernel, int stride, int64_t size) {
  const int64_t base = position / stride, phase = position % stride;
  const int64_t end = phase < kernel ? std::min<int64_t>(base, (kernel - 1 - phase) / stride) + 1 : 0;
  return {base, phase, std::min(std::max<int64_t>(0, base - size + 1), end), end};
}

/// One row of the output.
struct Row {
  ConvGeometry geometry;
  int64_t inputs, outputs, padded_outputs;  ///< per group; kDiagonal: all channels as one group
  Taps taps;                                ///< along the height

  const float* image;  ///< pixel (0, 0) of the input image
  int64_t image_width, image_row_stride, image_pixel_stride;

  /// kernel.h × kernel.w × groups × inputs × padded_outputs; kDiagonal: kernel.h × kernel.w × padded_outputs.
  const float* weights;
  const float* bias;
  const float* residual;  ///< this row of the residual, or nullptr
  int64_t residual_stride;
  Activation activation;

  float* output;  ///< this row of the output
  int64_t width, output_stride;
};

struct Kernels {
  int64_t lanes;  ///< outputs are padded to a multiple of it
  void (*dense)(const Row& row);
  void (*diagonal)(const Row& row);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::deconv
