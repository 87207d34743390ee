#pragma once

#include <cstdint>

#include "tensor/geometry.h"
#include "tensor/shape.h"

namespace fcn::elementwise {

// gradient.h in its plainest form, on any scalar and on dense tensors.

/// `at` is y, or x where DerivativeReadsInput.
template <typename T>
T ReferenceActivationGradient(Activation activation, T g, T at) {
  switch (activation) {
    case Activation::kNone:
      return g;
    case Activation::kRelu:
      return at <= 0 ? 0 : g;
    case Activation::kRelu6:
      return at <= 0 || at >= 6 ? 0 : g;
    case Activation::kSigmoid:
      return g * at * (1 - at);
    case Activation::kTanh:
      return g * (1 - at * at);
    case Activation::kHardSigmoid:
      return at <= 0 || at >= 1 ? 0 : g / 6;
    case Activation::kHardSwish:
      return at <= -3 ? 0 : at >= 3 ? g : g * (at / 3 + T(0.5));
  }
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
