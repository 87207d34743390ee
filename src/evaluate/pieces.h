#pragma once

#include <cstdint>

namespace fcn {

/// A rectangle of a picture, in pixels.
struct Piece {
  int64_t x = 0, y = 0, width = 0, height = 0;
};

/// A picture cut into even rows and columns, more and more of them until no piece has more than `max_pixels`; whole
/// where that is 0. Each cut is across the longer side of the pieces, so that they have few edges. No piece is kept:
/// there may be very many.
class Pieces {
 public:
  Pieces(int64_t width, int64_t height, int64_t max_pixels) : width_(width), height_(height) {
    while (max_pixels > 0 && longest_width() * longest_height() > max_pixels)
      (longest_width() >= longest_height() ? columns_ : rows_)++;
  }

  int64_t count() const { return columns_ * rows_; }
  /// Row by row.
  Piece operator[](int64_t i) const {
    const int64_t row = i / columns_, column = i % columns_;
    const int64_t x = width_ * column / columns_, y = height_ * row / rows_;
    return {x, y, width_ * (column + 1) / columns_ - x, height_ * (row + 1) / rows_ - y};
  }

  // The lengths of even parts differ by one at most.
  int64_t shortest_width() const { return width_ / columns_; }
  int64_t longest_width() const { return (width_ + columns_ - 1) / columns_; }
  int64_t shortest_height() const { return height_ / rows_; }
  int64_t longest_height() const { return (height_ + rows_ - 1) / rows_; }

 private:
  int64_t width_, height_, columns_ = 1, rows_ = 1;
};

}  // namespace fcn
