#pragma once

// The vector code of the weight gradient beside the input transform, for every instruction set.

#include <cstdint>

#include "base/isa.h"
#include "kernels/winograd/transforms/tile.h"

namespace fcn::winograd {

/// A block of M and the weights that become of it. Inputs and outputs may change places: the strides say which is
/// which.
struct WeightTile {
  const float* m;                  ///< of (input 0, output 0) at point 0; aligned to a vector, as the strides are
  int64_t m_stride, point_stride;  ///< between inputs and between points
  float* out;                      ///< taps² values of (output 0, input 0)
  int64_t output_stride, input_stride;
  int64_t inputs, outputs;
};

/// Columns of eight or, of a gradient, 9 − taps pixels, side by side, on their way to points. They may lie over the
/// edge of the image, or wholly outside: there are zeros.
struct PixelColumns {
  const float* image;
  int64_t height, width;
  int64_t row_stride, pixel_stride;
  int64_t y, x;  ///< top left pixel; may be negative
  int64_t count, channels;
};

/// A row of tiles whose columns were transformed.
struct TileRow {
  const float* columns;   ///< of the first tile, aligned to a vector, as the stride is
  int64_t column_stride;  ///< between columns; tiles begin 9 − taps columns apart
  int64_t count, channels;
};

/// Of one width of kernel, taps × taps. A tile becomes points in two steps, so that who needs a row of eight points at
/// all tiles reads the eighth of the first step's results that these are made of, and nothing else. Channels are
/// rounded up to lanes in all results, with zeros past the last.
struct WeightTransformKernels {
  int lanes;

  /// Bᵀ times each column of the input, and G times each of the gradient: row i of it at to + i · row_stride.
  void (*input_columns)(const PixelColumns& columns, float* to, int64_t column_stride, int64_t row_stride);
  void (*gradient_columns)(const PixelColumns& columns, float* to, int64_t column_stride, int64_t row_stride);

  /// The same along a row of these: point j of tile t at to + j · point_stride + t · tile_stride.
  void (*input_row)(const TileRow& row, float* to, int64_t tile_stride, int64_t point_stride);
  void (*gradient_row)(const TileRow& row, float* to, int64_t tile_stride, int64_t point_stride);

  /// out = Aᵀ M A. M is readable, whatever it holds, up to `outputs` rounded up to lanes.
  void (*weight)(const WeightTile& tile);
};

struct WeightTransforms {
  WeightTransformKernels taps3, taps5, taps7;
};

const WeightTransforms& WeightTransformsFor(Isa isa);

}  // namespace fcn::winograd
