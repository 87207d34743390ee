#pragma once

#include <cstdint>
#include <vector>

namespace fcn {

/// A rectangle of a picture, in pixels.
struct Piece {
  int64_t x = 0, y = 0, width = 0, height = 0;
};

/// A picture cut into even rows and columns, more and more of them until no piece has more than `max_pixels`; whole
/// where that is 0. Each cut is across the longer side of the pieces, so that they have few edges.
inline std::vector<Piece> PiecesOf(int64_t width, int64_t height, int64_t max_pixels) {
  const auto longest = [](int64_t length, int64_t parts) { return (length + parts - 1) / parts; };
  int64_t columns = 1, rows = 1;
  while (max_pixels > 0 && longest(width, columns) * longest(height, rows) > max_pixels)
    (longest(width, columns) >= longest(height, rows) ? columns : rows)++;
  std::vector<Piece> pieces;
  for (int64_t row = 0; row < rows; row++)
    for (int64_t column = 0; column < columns; column++) {
      const int64_t x = width * column / columns, y = height * row / rows;
      pieces.push_back({x, y, width * (column + 1) / columns - x, height * (row + 1) / rows - y});
    }
  return pieces;
}

}  // namespace fcn
