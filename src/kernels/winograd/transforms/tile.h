#pragma once

// The vector code's side of the family: one tile in, one tile out, for every instruction set.

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::winograd {

/// Where a tile of 8×8 pixels lies in an image; it may lie over the edge, or wholly outside: there are zeros.
struct InputTile {
  const float* image;
  int64_t height, width;
  int64_t row_stride, pixel_stride;
  int64_t y, x;  ///< top left pixel; may be negative
  int64_t channels;
};

/// The rows × columns outputs of a tile that lie inside the image, and what is done to them. Of a pooled tile they are
/// what is pooled, and `out` and its strides belong to the result; it has no residual.
struct OutputTile {
  float* out;  ///< the tile's first pixel
  int64_t row_stride, pixel_stride;
  int64_t rows, columns;
  const float* bias;      ///< or null
  const float* residual;  ///< the tile's first pixel; or null; may be `out`
  int64_t residual_row_stride, residual_pixel_stride;
  Activation activation;
  const float* slopes;  ///< of a leaky ReLU: channels
  int64_t channels;
};

/// out = epilogue(Aᵀ M A). m is aligned to a vector, point_stride a multiple of lanes; M is readable, whatever it
/// holds, up to `channels` rounded up to lanes.
using OutputFunction = void (*)(const OutputTile& tile, const float* m, int64_t point_stride);

struct TransformKernels {
  int lanes;  ///< rows of V and M are padded to a multiple of it

  /// V[p] = (Bᵀ d B)[p], p < 64, at v + p · point_stride; `channels` rounded up to lanes values at each, zero past the
  /// last. v is aligned to a vector, point_stride a multiple of lanes.
  void (*input)(const InputTile& tile, float* v, int64_t point_stride);

  OutputFunction outputs6, outputs4, outputs2;  ///< by outputs per tile and dimension
  OutputFunction pooled6, pooled4, pooled2;     ///< then the largest of each 2×2 windows side by side, or a NaN

  OutputFunction output(int outputs) const { return outputs == 6 ? outputs6 : outputs == 4 ? outputs4 : outputs2; }
  OutputFunction pooled(int outputs) const { return outputs == 6 ? pooled6 : outputs == 4 ? pooled4 : pooled2; }
};

const TransformKernels& TransformKernelsFor(Isa isa);

}  // namespace fcn::winograd
