#pragma once

// From weights to the right operand of the family's products, for every instruction set.

#include <cstdint>

#include "base/isa.h"

namespace fcn::winograd {

/// Filters that share a panel of packed weights: those of `rows` input channels and `columns` output channels, each of
/// taps × taps contiguous floats.
struct FilterPanel {
  const float* weight;                ///< of the first row and column
  int64_t row_stride, column_stride;  ///< floats from a filter to the next of its column, of its row
  bool mirrored;                      ///< whether the taps are taken in reverse order along both axes
  int64_t rows, columns;
  const float* row_scale;     ///< a factor for each row, or null
  const float* column_scale;  ///< a factor for each column, or null
  int64_t width;              ///< columns of the result: `columns` rounded up, zeros past the last
  int64_t point_stride;       ///< floats of the result from a point to the next, at least rows · width
  int64_t rows_ahead;         ///< filters this many rows further on are brought to the cache; there may be none

  const float* filter(int64_t row, int64_t column) const { return weight + row * row_stride + column * column_stride; }
};

/// u[p · point_stride + row · width + column] = (G w Gᵀ)[p] · scales, p < 64. u is aligned to a vector, point_stride to
/// a multiple of 16; width is a multiple of the instruction set's lanes and at most 64.
using FilterFunction = void (*)(const FilterPanel& panel, float* u);

struct FilterKernels {
  FilterFunction taps3, taps5, taps7;  ///< by the width of the kernel
  FilterFunction transform(int taps) const { return taps == 3 ? taps3 : taps == 5 ? taps5 : taps7; }

  /// Copies `count` floats, whole vectors, past the caches: for what is read again much later. Both are aligned to a
  /// vector.
  void (*stream)(const float* from, int64_t count, float* to);
};

const FilterKernels& FilterKernelsFor(Isa isa);

}  // namespace fcn::winograd
