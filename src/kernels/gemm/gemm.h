#pragma once

// The one matrix product under every convolution that is not depthwise.
//
//   C[i, j] = activation( partial[i, j] + Σ_k A[i, k] · B[k, j] + bias[j] + residual[i, j] )     added from left to
//   right
//
// A is m × k, row i at a + i · a_stride: pixels × channels as NHWC has them, so a 1×1 convolution needs no copy. B is
// packed once into panels of `panel` columns, k-major; the last panel is one vector wide where that holds its columns,
// and padded with zeros. The sum runs over k in ascending order in one accumulator per output, from zero, so results
// depend neither on m, nor on threads, nor on which block a row is in. Callers cut long sums at fixed lengths, 256 to
// 640 terms, and pass what they have so far as `partial`: this keeps a panel of B within the second cache, and
// rounding errors small.

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn {

struct GemmEpilogue {
  const float* partial = nullptr;  ///< m × n, the sum of earlier terms, or none; may be c itself
  int64_t partial_stride = 0;
  const float* bias = nullptr;      ///< n values, or none
  const float* residual = nullptr;  ///< m × n, or none; may be c itself
  int64_t residual_stride = 0;
  Activation activation = Activation::kNone;
  const float* slopes = nullptr;  ///< of a leaky ReLU: n values
};

/// The kernels of one instruction set. Pointers may be unaligned, but for packed_b: a whole vector (64 bytes will do).
/// Strides are in floats.
struct GemmKernels {
  int rows;   ///< rows of the micro-kernel: blocks of A that are multiples of it waste nothing
  int panel;  ///< columns of a packed panel: two vectors
  int lanes;  ///< floats in a vector: n is padded to a multiple of it

  /// One block on the calling thread; nothing beyond c's m × n elements is read or written. Any m, n, k ≥ 0; k = 0 is
  /// the empty sum. c overlaps none of the inputs but where the epilogue allows it to be one of them.
  void (*multiply)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* packed_b, float* c,
                   int64_t c_stride, const GemmEpilogue& epilogue);

  /// C[i, j] = Σ_k A[k, i] · B[k, j], added to what C holds where `accumulate`: the product of a gradient by weights,
  /// whose sum runs over pixels. Row k of A begins at a + k · a_stride, row k of B at b + k · b_stride: pixels ×
  /// channels as NHWC has them, nothing is packed. The sum runs over k in ascending order from zero, and C is added to
  /// it last. Callers cut k to some hundred rows, so that both operands stay within the second cache.
  void (*multiply_transposed)(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_stride, const float* b,
                              int64_t b_stride, float* c, int64_t c_stride, bool accumulate);

  /// Floats that k × n takes when packed: k times n rounded up to whole vectors.
  int64_t (*packed_floats)(int64_t k, int64_t n);

  /// Packs B, whose element (k, j) is b[k · k_stride + j · j_stride], times column_scale[j] where given. Writes all of
  /// packed_floats(k, n), padding included. Panel p of k × panel floats begins at p · k · panel.
  void (*pack)(int64_t k, int64_t n, const float* b, int64_t k_stride, int64_t j_stride, const float* column_scale,
               float* packed);
};

const GemmKernels& GemmKernelsFor(Isa isa);

}  // namespace fcn
