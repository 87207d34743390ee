#pragma once

// Depthwise convolution of planes. A plane is a part of the image's rows for one group of channels alone, its pixels
// one after the other, with the padding at both sides as zeros: no window hangs over its edges, and every pixel is at a
// distance that the compiler knows.

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::bottleneck {

/// Channels of a group; the last one may have fewer, but takes as much memory.
inline constexpr int64_t kPlaneChannels = 32;

/// One row of the output for one group.
struct PlaneRow {
  int kernel, stride;  ///< 3 or 5; 1 or 2
  int64_t channels;    ///< at most kPlaneChannels

  const float* const* rows;  ///< of the plane: the kernel's rows that lie inside the image, from output 0's tap 0 on
  int row_count;
  const float* weights;  ///< of these rows: row_count × kernel × kPlaneChannels
  const float* bias;     ///< channels, or nullptr
  Activation activation;

  float* output;  ///< this row of the output
  int64_t width, output_stride;
};

struct PlaneKernels {
  /// Planes and weights are aligned to 64 bytes.
  void (*run)(const PlaneRow& row);
};

const PlaneKernels& PlaneKernelsFor(Isa isa);

}  // namespace fcn::bottleneck
