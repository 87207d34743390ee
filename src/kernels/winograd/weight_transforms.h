#pragma once

// The vector code of the weight gradient beside the input transform, for every instruction set.

#include <cstdint>

#include "base/isa.h"
#include "kernels/winograd/transforms.h"

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

/// Of one width of kernel, taps × taps.
struct WeightTransformKernels {
  int lanes;  ///< rows of W and M are padded to a multiple of it

  /// W[p] = (G g Gᵀ)[p], p < 64, of a tile of (9 − taps)² pixels of the gradient, which may lie over the edge; as
  /// TransformKernels.input in all else.
  void (*gradient)(const InputTile& tile, float* w, int64_t point_stride);

  /// out = Aᵀ M A. M is readable, whatever it holds, up to `outputs` rounded up to lanes.
  void (*weight)(const WeightTile& tile);
};

struct WeightTransforms {
  WeightTransformKernels taps3, taps5, taps7;
};

const WeightTransforms& WeightTransformsFor(Isa isa);

}  // namespace fcn::winograd
