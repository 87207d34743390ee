#pragma once

#include <cstdint>

#include "tensor/geometry.h"
#include "tensor/shape.h"

namespace fcn::elementwise {

// gradient.h in its plainest form, on any scalar and on dense tensors.

template <typename T>
T ReferenceActivationGradient(Activation activation, T g, T y) {
  if (activation != Activation::kNone && y <= 0) return 0;
  if (activation == Activation::kRelu6 && y >= 6) return 0;
  return g;
}

template <typename T>
void ReferenceSoftmaxGradient(int64_t channels, const T* g, const T* y, T* out) {
  T sum = 0;
  for (int64_t c = 0; c < channels; c++) sum += g[c] * y[c];
  for (int64_t c = 0; c < channels; c++) out[c] = y[c] * (g[c] - sum);
}

template <typename T>
void ReferenceChannelSums(const Nhwc& shape, const T* in, T* sums) {
  for (int64_t c = 0; c < shape.c; c++) {
    sums[c] = 0;
    for (int64_t p = 0; p < shape.pixels(); p++) sums[c] += in[p * shape.c + c];
  }
}

}  // namespace fcn::elementwise
