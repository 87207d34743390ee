#pragma once

// What both directions of streamed.h share: 64 matrix products of transformed tiles by filters that are transformed
// slice by slice.

#include <cstdint>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "kernels/gemm/gemm.h"
#include "kernels/winograd/streamed/tiles.h"
#include "kernels/winograd/transforms/filter.h"

namespace fcn::winograd {

/// Tiles of a block: V of so many stays in a last-level cache.
inline constexpr int64_t kMaxStreamedTiles = 96;

/// How the products M (tiles × columns) = V (tiles × terms) · U (terms × columns) are cut: a function of their size and
/// of the instruction set alone. Blocks of tiles, groups of columns, and blocks of terms follow each other, and within
/// them slices of columns.
struct StreamedBlocking {
  StreamedBlocking(int64_t tiles, int64_t terms, int64_t columns, Isa isa);

  int64_t tiles, tile_block;
  int64_t columns, group, slice;
  int64_t terms, term_block;
  int64_t v_stride, v_point;  ///< V of a block: floats between tiles and between points
  int64_t m_stride, m_point;  ///< M of a group: the same
  int64_t u_point;            ///< U of a slice: between points

  int64_t v_floats() const;
  int64_t m_floats() const;
  int64_t u_floats() const;
  /// V, M and two slices of U.
  int64_t floats() const { return v_floats() + m_floats() + 2 * u_floats(); }
};

struct StreamedWork {
  const StreamedBlocking& blocking;
  FilterPanel filters;  ///< all of them, as if they were one panel
  FilterFunction transform_filters;
  const GemmKernels& gemm;
  /// Writes V of a tile: `terms` of it, to v + p · v_point.
  FunctionRef<void(int64_t tile, Span terms, float* v)> transform_tile;
  /// Takes M of a block of tiles and a group of columns; tile t and column c at m + t · m_stride + c.
  FunctionRef<void(Span tiles, Span columns, const float* m)> take;

  void Run(float* scratch, const Context& context) const;
};

}  // namespace fcn::winograd
