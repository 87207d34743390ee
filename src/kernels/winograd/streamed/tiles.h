#pragma once

// Tiles of a convolution without dilation, as the streamed convolution and its gradients number them.

#include <cstdint>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/transforms/tile.h"
#include "tensor/conv_problem.h"

namespace fcn::winograd {

/// A range of tiles, terms or columns.
struct Span {
  int64_t first, count;
};

/// The tiles of a convolution's output, numbered through the batch.
struct Tiles {
  explicit Tiles(const ConvProblem& problem)
      : per_tile(OutputsFor(problem.geometry.kernel.h)),
        padding(problem.geometry.padding),
        images(problem.output.n),
        down(TilesDown(problem).count()),
        across(TilesAcross(problem).count()) {}

  struct Place {
    int64_t n, y, x;  ///< image, and the tile's first output
  };
  Place At(int64_t tile) const {
    return {tile / across / down, tile / across % down * per_tile, tile % across * per_tile};
  }
  int64_t count() const { return images * down * across; }

  int64_t per_tile;
  Padding padding;
  int64_t images, down, across;
};

/// A tile of `view` with its first pixel at (y, x), of the channels of a span.
inline InputTile TileOf(TensorView<const float> view, int64_t n, int64_t y, int64_t x, Span channels) {
  return {.image = view.at(n, 0, 0) + channels.first,
          .height = view.shape.h,
          .width = view.shape.w,
          .row_stride = view.row_stride(),
          .pixel_stride = view.pixel_stride,
          .y = y,
          .x = x,
          .channels = channels.count};
}

}  // namespace fcn::winograd
