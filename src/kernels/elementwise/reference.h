#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/simd/reference.h"

namespace fcn::elementwise {

// elementwise.h pixel by pixel, on any scalar.

using fcn::ReferenceActivation;

template <typename T>
T ReferenceBatchNorm(T v, T weight, T bias, T mean, T variance, T epsilon) {
  return (v - mean) / std::sqrt(variance + epsilon) * weight + bias;
}

template <typename T>
void ReferenceSoftmax(int64_t channels, const T* in, T* out) {
  const T largest = *std::max_element(in, in + channels);
  T sum = 0;
  for (int64_t c = 0; c < channels; c++) sum += out[c] = std::exp(in[c] - largest);
  for (int64_t c = 0; c < channels; c++) out[c] /= sum;
}

template <typename T>
int32_t ReferenceArgMax(int64_t channels, const T* in) {
  int64_t best = 0;
  bool has_nan = false;
  for (int64_t c = 0; c < channels; c++) {
    has_nan = has_nan || std::isnan(in[c]);
    if (in[c] > in[best]) best = c;
  }
  return has_nan || !std::isfinite(in[best]) ? -1 : static_cast<int32_t>(best);
}

}  // namespace fcn::elementwise
