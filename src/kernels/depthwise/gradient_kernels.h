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

/// The products of neighbouring rows of the gradient of one image with the rows of the input that their windows see.
struct WeightRows {
  ConvGeometry geometry;
  int64_t channels;

  const float* gradient;  ///< pixel 0 of the first row
  int64_t y, rows;        ///< the first row's place in the image, and how many there are
  int64_t width, gradient_row_stride, gradient_pixel_stride;

  const float* image;  ///< pixel (0, 0) of the input image
  int64_t image_height, image_width, image_row_stride, image_pixel_stride;

  float* sums;  ///< what the products are added to: kernel.h × kernel.w × channels, sums_stride floats per tap
  int64_t sums_stride;
};

struct GradientKernels {
  int64_t lanes;  ///< channels are padded to a multiple of it
  void (*data)(const DataRow& row);
  void (*weight)(const WeightRows& rows);
};

const GradientKernels& GradientKernelsFor(Isa isa);

}  // namespace fcn::depthwise
