#pragma once

#include "tensor/geometry.h"

namespace fcn::test {

/// A geometry whose sides are all alike.
inline ConvGeometry Square(int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1) {
  return {.kernel = {kernel, kernel},
          .stride = {stride, stride},
          .dilation = {dilation, dilation},
          .padding = {padding, padding, padding, padding},
          .groups = groups};
}

}  // namespace fcn::test
