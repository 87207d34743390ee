#pragma once

#include <cmath>
#include <cstdint>

#include "tensor/shape.h"

namespace fcn::batch_norm {

// batch_norm.h in its plainest form, on any scalar and on dense tensors.

template <typename T>
void ReferenceMoments(const Nhwc& shape, const T* x, T* moments) {
  const auto count = static_cast<T>(shape.pixels());
  for (int64_t c = 0; c < shape.c; c++) {
    T mean = 0, variance = 0;
    for (int64_t p = 0; p < shape.pixels(); p++) mean += x[p * shape.c + c] / count;
    for (int64_t p = 0; p < shape.pixels(); p++) {
      const T deviation = x[p * shape.c + c] - mean;
      variance += deviation * deviation / count;
    }
    moments[c] = mean;
    moments[shape.c + c] = variance;
  }
}

/// x̂ = (x − mean) / √(variance + epsilon) of channel c.
template <typename T>
T ReferenceNormalised(T x, const Nhwc& shape, const T* moments, T epsilon, int64_t c) {
  return (x - moments[c]) / std::sqrt(moments[shape.c + c] + epsilon);
}

template <typename T>
void ReferenceNormalise(const Nhwc& shape, const T* x, const T* moments, const T* weight, const T* bias, T epsilon,
                        T* output) {
  for (int64_t i = 0; i < shape.elements(); i++) {
    const int64_t c = i % shape.c;
    output[i] = ReferenceNormalised(x[i], shape, moments, epsilon, c) * weight[c] + bias[c];
  }
}

template <typename T>
void ReferenceSums(const Nhwc& shape, const T* g, const T* x, const T* moments, T epsilon, T* sums) {
  for (int64_t c = 0; c < 2 * shape.c; c++) sums[c] = 0;
  for (int64_t i = 0; i < shape.elements(); i++) {
    const int64_t c = i % shape.c;
    sums[c] += g[i];
    sums[shape.c + c] += g[i] * ReferenceNormalised(x[i], shape, moments, epsilon, c);
  }
}

template <typename T>
void ReferenceGradient(const Nhwc& shape, const T* g, const T* x, const T* moments, const T* sums, const T* weight,
                       T epsilon, T* output) {
  const auto count = static_cast<T>(shape.pixels());
  for (int64_t i = 0; i < shape.elements(); i++) {
    const int64_t c = i % shape.c;
    const T normalised = ReferenceNormalised(x[i], shape, moments, epsilon, c);
    output[i] = weight[c] / std::sqrt(moments[shape.c + c] + epsilon) *
                (g[i] - (sums[c] + normalised * sums[shape.c + c]) / count);
  }
}

}  // namespace fcn::batch_norm
