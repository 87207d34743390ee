#pragma once

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::depthwise {

/// One row of the gradient by the input. Geometry is the forward convolution's.
struct DataRow {
  ConvGeometry geometry;
  int64_t channels, padded_channels;

  const float* gradient;  ///< pixel (0, 0) of the image's gradient
  int64_t gradient_height, gradient_width, gradient_row_stride, gradient_pixel_stride;

  const float* weights;   ///< tap-major: kernel.h × kernel.w × padded_channels
  const float* residual;  ///< this row of the residual, or nullptr
  int64_t residual_stride;

  int64_t y;      ///< the row of the input
  float* output;  ///< it
  int64_t width, output_stride;
};

/// The products of one row of the gradient with the rows of the input that its windows see.
struct WeightRow {
  ConvGeometry geometry;
  int64_t channels;

  const float* gradient;  ///< pixel 0 of the row
  int64_t width, gradient_pixel_stride;

  const float* image;  ///< pixel (0, 0) of the input image
  int64_t image_width, image_row_stride, image_pixel_stride;
  int64_t top;             ///< the image row under the kernel's row 0; may lie outside
  int tap_begin, tap_end;  ///< the kernel's rows that lie inside the image

  float* sums;  ///< tap-major: what the row is added to, kernel.h × kernel.w × channels, sums_stride floats per tap
  int64_t sums_stride;
};

struct GradientKernels {
  int64_t lanes;  ///< channels are padded to a multiple of it
  void (*data)(const DataRow& row);
  void (*weight)(const WeightRow& row);
};

const GradientKernels& GradientKernelsFor(Isa isa);

}  // namespace fcn::depthwise
