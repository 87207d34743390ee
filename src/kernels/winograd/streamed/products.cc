#include "kernels/winograd/streamed/products.h"

#include <algorithm>
#include <vector>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/tables.h"

namespace fcn::winograd {
namespace {

constexpr int64_t kLine = 16;  // floats in a cache line

// V of a block of tiles and two slices of U stay in a last-level cache. A slice of columns is what the micro-kernel
// does at a time, so that U is as small as can be.
constexpr int64_t kSlice = 32;
// M of a group: more where several blocks of terms are added up in it, since V is transformed anew for each group.
constexpr int64_t kGroupFloats = 512 << 10, kSummedGroupFloats = 2 << 20;

// Filters come from memory while some rows before them are transformed.
constexpr int64_t kRowsAhead = 4;

int64_t DivideUp(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return DivideUp(a, b) * b; }

// The size of the smallest equal parts of at most `max` each.
int64_t Even(int64_t total, int64_t max) { return DivideUp(total, std::max<int64_t>(1, DivideUp(total, max))); }

// An odd number of cache lines: what lies one below the other then falls into different sets of the cache.
int64_t OddLines(int64_t floats) { return (DivideUp(floats, kLine) | 1) * kLine; }

/// One slice of the products of one block.
struct Step {
  Span tiles, group, terms, columns;
  bool new_tiles, last_of_group;
};

std::vector<Step> StepsOf(const StreamedBlocking& b) {
  std::vector<Step> steps;
  const auto part = [](int64_t first, int64_t size, int64_t total) {
    return Span{first, std::min(size, total - first)};
  };
  const bool keeps_v = b.term_block >= b.terms;
  for (int64_t tile = 0; tile < b.tiles; tile += b.tile_block)
    for (int64_t column = 0; column < b.columns; column += b.group)
      for (int64_t term = 0; term < b.terms; term += b.term_block) {
        const Span group = part(column, b.group, b.columns);
        for (int64_t c = 0; c < group.count; c += b.slice) {
          Span columns = part(c, b.slice, group.count);
          columns.first += column;
          steps.push_back({.tiles = part(tile, b.tile_block, b.tiles),
                           .group = group,
                           .terms = part(term, b.term_block, b.terms),
                           .columns = columns,
                           .new_tiles = c == 0 && (column == 0 || !keeps_v),
                           .last_of_group = c + b.slice >= group.count && term + b.term_block >= b.terms});
        }
      }
  return steps;
}

/// The rows of a slice's filters that are a share of 64.
Span ShareOf(Span terms, int64_t share) {
  const int64_t first = terms.count * share / kPoints;
  return {terms.first + first, terms.count * (share + 1) / kPoints - first};
}

}  // namespace

StreamedBlocking::StreamedBlocking(int64_t all_tiles, int64_t all_terms, int64_t all_columns, Isa isa)
    : tiles(all_tiles), columns(all_columns), terms(all_terms) {
  const GemmKernels& gemm = GemmKernelsFor(isa);
  tile_block = std::max<int64_t>(1, Even(tiles, kMaxStreamedTiles));
  term_block = std::max<int64_t>(1, std::min(terms, kMaxSum));
  slice = std::max<int64_t>(kSlice, gemm.panel);
  const int64_t group_floats = term_block < terms ? kSummedGroupFloats : kGroupFloats;
  group = std::max<int64_t>(1, group_floats / (kPoints * tile_block) / slice) * slice;
  v_stride = OddLines(term_block);
  v_point = OddLines(tile_block * v_stride);
  m_stride = OddLines(std::min(group, RoundUp(columns, gemm.lanes)));
  m_point = OddLines(tile_block * m_stride);
  u_point = OddLines(gemm.packed_floats(term_block, std::min(slice, columns)));
}

int64_t StreamedBlocking::v_floats() const { return kPoints * v_point; }
int64_t StreamedBlocking::m_floats() const { return kPoints * m_point; }
int64_t StreamedBlocking::u_floats() const { return kPoints * u_point; }

void StreamedWork::Run(float* scratch, const Context& context) const {
  const std::vector<Step> steps = StepsOf(blocking);
  if (steps.empty()) return;
  float *v = scratch, *m = v + blocking.v_floats(), *u = m + blocking.m_floats();

  const auto slice_of = [&](size_t index) { return u + static_cast<int64_t>(index % 2) * blocking.u_floats(); };
  /// One of 64 shares of the filters of a slice.
  const auto transform = [&](size_t index, int64_t share) {
    const auto& [tiles, group, terms, columns, new_tiles, last] = steps[index];
    const Span rows = ShareOf(terms, share);
    if (rows.count == 0) return;
    for (int64_t j = 0; j < columns.count; j += gemm.panel) {
      FilterPanel panel = filters;
      const int64_t column = columns.first + j;
      panel.weight = filters.filter(rows.first, column);
      panel.rows = rows.count;
      panel.columns = std::min<int64_t>(gemm.panel, columns.count - j);
      panel.width = panel.columns > gemm.lanes ? gemm.panel : gemm.lanes;
      panel.point_stride = blocking.u_point;
      panel.rows_ahead = kRowsAhead;
      if (filters.row_scale != nullptr) panel.row_scale += rows.first;
      if (filters.column_scale != nullptr) panel.column_scale += column;
      transform_filters(panel, slice_of(index) + j * terms.count + (rows.first - terms.first) * panel.width);
    }
  };
  const auto multiply = [&](size_t index, int64_t point) {
    const auto& [tiles, group, terms, columns, new_tiles, last] = steps[index];
    float* to = m + point * blocking.m_point + columns.first - group.first;
    GemmEpilogue sum_so_far;
    if (terms.first > 0) {
      sum_so_far.partial = to;
      sum_so_far.partial_stride = blocking.m_stride;
    }
    gemm.multiply(tiles.count, columns.count, terms.count, v + point * blocking.v_point, blocking.v_stride,
                  slice_of(index) + point * blocking.u_point, to, blocking.m_stride, sum_so_far);
  };

  context.Parallel(kPoints, [&](int64_t share, int) { transform(0, share); });
  for (size_t i = 0; i < steps.size(); i++) {
    const Step& step = steps[i];
    if (step.new_tiles)
      context.Parallel(step.tiles.count, [&](int64_t t, int) {
        transform_tile(step.tiles.first + t, step.terms, v + t * blocking.v_stride);
      });
    context.Parallel(kPoints, [&](int64_t point, int) {
      multiply(i, point);
      if (i + 1 < steps.size()) transform(i + 1, point);
    });
    if (step.last_of_group) take(step.tiles, step.group, m);
  }
}

}  // namespace fcn::winograd
