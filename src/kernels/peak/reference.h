#pragma once

// peak.h's maths, as plain as can be.

#include <cstdint>

#include "kernels/peak/peak.h"

namespace fcn::peak {

template <typename T>
T MultiplyAddsReference(int lanes, int64_t steps, T x, T y) {
  T total = 0;
  for (int64_t i = 0; i < kSums; i++) {
    T sum = static_cast<T>(i);
    for (int64_t step = 0; step < steps; step++) sum = sum * x + y;
    total += sum * static_cast<T>(lanes);
  }
  return total;
}

template <typename T>
T SumReference(const float* p, int64_t count) {
  T sum = 0;
  for (int64_t i = 0; i < count; i++) sum += static_cast<T>(p[i]);
  return sum;
}

inline float TriadReference(float a, float b, float scale) { return a + scale * b; }

}  // namespace fcn::peak
