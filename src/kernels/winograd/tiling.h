#pragma once

#include <algorithm>
#include <cstdint>

namespace fcn::winograd {

/// One axis of an output, cut into tiles. A convolution of dilation d is d of them without, each on every d-th pixel:
/// phase f computes outputs f, f + d, f + 2d, … Tiles are numbered phase by phase.
struct AxisTiles {
  int64_t outputs = 0;   ///< along the axis, of all phases
  int64_t per_tile = 1;  ///< outputs of a whole tile
  int64_t dilation = 1;

  struct Place {
    int64_t phase;
    int64_t first;  ///< the tile's first output, counted within its phase
    int64_t count;  ///< outputs of the tile that exist
  };

  int64_t count() const {
    return long_phases() * TilesFor(outputs / dilation + 1) + (dilation - long_phases()) * TilesFor(outputs / dilation);
  }

  Place At(int64_t index) const {
    const int64_t of_long = long_phases() * TilesFor(outputs / dilation + 1);
    const bool is_long = index < of_long;
    const int64_t size = outputs / dilation + (is_long ? 1 : 0), tiles = TilesFor(size);
    if (!is_long) index -= of_long;
    const int64_t first = index % tiles * per_tile;
    return {index / tiles + (is_long ? 0 : long_phases()), first, std::min(per_tile, size - first)};
  }

 private:
  int64_t TilesFor(int64_t size) const { return (size + per_tile - 1) / per_tile; }
  /// Phases that have one output more than the others: the first ones.
  int64_t long_phases() const { return outputs % dilation; }
};

}  // namespace fcn::winograd
