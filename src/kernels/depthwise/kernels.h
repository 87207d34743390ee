#pragma once

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::depthwise {

/// One row of the output: everything that a kernel of one instruction set needs.
struct Row {
  ConvGeometry geometry;
  int64_t channels, padded_channels;

  const float* image;  ///< pixel (0, 0) of the input image
  int64_t image_width, image_row_stride, image_pixel_stride;
  int64_t top;             ///< the image row under the kernel's row 0; may lie outside
  int tap_begin, tap_end;  ///< the kernel's rows that lie inside the image

  const float* weights;   ///< tap-major: kernel.h × kernel.w × padded_channels
  const float* bias;      ///< channels, or nullptr
  const float* residual;  ///< this row of the residual, or nullptr
  int64_t residual_stride;
  Activation activation;
  const float* slopes;  ///< of a leaky ReLU: channels

  float* output;  ///< this row of the output
  int64_t width, output_stride;
};

struct Kernels {
  int64_t lanes;  ///< channels are padded to a multiple of it
  void (*run)(const Row& row);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::depthwise
