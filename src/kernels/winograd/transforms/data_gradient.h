#pragma once

// The vector code of gradients that are streamed (streamed/), for every instruction set.

#include <cstdint>

#include "base/isa.h"
#include "kernels/winograd/transforms/tile.h"

namespace fcn::winograd {

/// Where a tile of 8×8 pixels is added to an image; what of it lies outside is dropped.
struct AddedTile {
  float* image;
  int64_t height, width;
  int64_t row_stride, pixel_stride;
  int64_t y, x;  ///< top left pixel; may be negative
  int64_t channels;
};

/// By pixels per tile and dimension.
struct GradientFunctions {
  using Function = void (*)(const InputTile& tile, float* w, int64_t point_stride);
  Function pixels6, pixels4, pixels2;

  Function of(int pixels) const { return pixels == 6 ? pixels6 : pixels == 4 ? pixels4 : pixels2; }
};

struct DataTransformKernels {
  int lanes;  ///< rows of W and M are padded to a multiple of it

  /// W[p] = (A g Aᵀ)[p], p < 64, of a tile of 6×6, 4×4 or 2×2 pixels of the gradient, which may lie over the lower and
  /// right edges; as TransformKernels.input in all else.
  GradientFunctions outputs;
  /// W[p] = (G g Gᵀ)[p]: the gradient in the place of filters.
  GradientFunctions filters;

  /// image += B M Bᵀ. M is readable, whatever it holds, up to `channels` rounded up to lanes.
  void (*add)(const AddedTile& tile, const float* m, int64_t point_stride);
};

const DataTransformKernels& DataTransformsFor(Isa isa);

}  // namespace fcn::winograd
