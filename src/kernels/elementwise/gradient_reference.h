#pragma once

#include <cstdint>

#include "kernels/simd/reference.h"
#include "tensor/shape.h"

namespace fcn::elementwise {

// gradient.h in its plainest form, on any scalar and on dense tensors.

using fcn::ReferenceActivationGradient;

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

template <typename T>
void ReferenceProductSums(const Nhwc& shape, const T* a, const T* b, T* sums) {
  for (int64_t i = 0; i < shape.n * shape.c; i++) sums[i] = 0;
  for (int64_t i = 0; i < shape.elements(); i++)
    sums[i / (shape.elements() / shape.n) * shape.c + i % shape.c] += a[i] * b[i];
}

/// Of a leaky ReLU by its slopes.
template <typename T>
void ReferenceSlopeGradient(const Nhwc& shape, const T* g, const T* x, T* sums) {
  for (int64_t c = 0; c < shape.c; c++) {
    sums[c] = 0;
    for (int64_t i = c; i < shape.elements(); i += shape.c) sums[c] += x[i] > 0 ? 0 : x[i] * g[i];
  }
}

}  // namespace fcn::elementwise
