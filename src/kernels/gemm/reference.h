#pragma once

#include <cstdint>

#include "kernels/simd/reference.h"

namespace fcn {

/// gemm.h in its plainest form, on any scalar and on dense matrices; partial, bias and residual may each be null.
template <typename T>
void GemmReference(int64_t m, int64_t n, int64_t k, const T* a, const T* b, const T* partial, const T* bias,
                   const T* residual, Activation activation, T* c) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      T sum = 0;
      for (int64_t term = 0; term < k; term++) sum += a[i * k + term] * b[term * n + j];
      if (partial != nullptr) sum += partial[i * n + j];
      if (bias != nullptr) sum += bias[j];
      if (residual != nullptr) sum += residual[i * n + j];
      sum = ReferenceActivation(sum, activation, T(TestSlope(j)));
      c[i * n + j] = sum;
    }
}

/// GemmKernels::multiply_transposed on dense matrices, a k × m and b k × n; `before` is what C held, or null.
template <typename T>
void GemmTransposedReference(int64_t m, int64_t n, int64_t k, const T* a, const T* b, const T* before, T* c) {
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      T sum = 0;
      for (int64_t term = 0; term < k; term++) sum += a[term * m + i] * b[term * n + j];
      c[i * n + j] = before != nullptr ? before[i * n + j] + sum : sum;
    }
}

}  // namespace fcn
