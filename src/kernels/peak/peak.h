#pragma once

// Measuring rods for what a machine can do at most: multiply-adds that never leave the registers, and memory that is
// read and written as fast as it comes. Nothing is computed with them; `fcn bench` times them.

#include <cstdint>

#include "base/isa.h"

namespace fcn::peak {

constexpr int64_t kSums =
    12;  ///< enough to hide the latency of two multiply-adds per cycle, few enough for 16 registers
constexpr int64_t kBlockFloats = 64;  ///< four of the widest vectors

/// The kernels of one instruction set, on the calling thread.
struct Kernels {
  int lanes;  ///< floats in a vector

  /// Σ over i < kSums and all lanes of s_i after `steps` times s_i ← s_i · x + y, from s_i = i: 2 · kSums · lanes
  /// operations a step.
  float (*multiply_adds)(int64_t steps, float x, float y);

  /// Σ p[i] over i < count, a multiple of kBlockFloats; p is 64-byte aligned. Reads 4 · count bytes.
  float (*sum)(const float* p, int64_t count);

  /// to[i] = a[i] + scale · b[i] for i < count, a multiple of kBlockFloats; all are 64-byte aligned and none overlap
  /// (STREAM's triad). Reads 8 · count bytes and writes 4 · count; where `to` is not in a cache, most machines read it
  /// before they write it, which is not counted.
  void (*triad)(const float* a, const float* b, float scale, float* to, int64_t count);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::peak
