#pragma once

#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn {

/// One convolution at one size: what a kernel family plans for.
struct ConvProblem {
  ConvGeometry geometry;
  Nhwc input, output;
};

}  // namespace fcn
