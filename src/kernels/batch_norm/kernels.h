#pragma once

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::batch_norm {

/// Some pixels, and one value per channel of what each kernel needs besides.
struct Block {
  int64_t pixels = 0, channels = 0;
  const float* x = nullptr;
  int64_t x_stride = 0;
  const float* g = nullptr;
  int64_t g_stride = 0;
  float* out = nullptr;
  int64_t out_stride = 0;
  Activation activation = Activation::kNone;  ///< of normalise; of sums and gradient: the mask's
  const float *mean = nullptr, *g_factor = nullptr, *x_factor = nullptr, *shift = nullptr;
  const float *mask_factor = nullptr, *mask_shift = nullptr;  ///< what normalise took as x_factor and shift
};

struct Kernels {
  /// sums[c] = the block's mean, sums[channels + c] = Σ (x − that mean)².
  void (*moments)(const Block& block, float* sums);
  /// sums[c] = Σ g, sums[channels + c] = Σ g · (x − mean), of the g that the mask lets pass.
  void (*sums)(const Block& block, float* sums);
  /// out = activation((x − mean) · x_factor + shift).
  void (*normalise)(const Block& block);
  /// out = g · g_factor + ((x − mean) · x_factor + shift), with 0 for a g that the mask does not let pass.
  void (*gradient)(const Block& block);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::batch_norm
