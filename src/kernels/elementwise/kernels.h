#pragma once

#include <cstdint>

#include "base/isa.h"
#include "tensor/geometry.h"

namespace fcn::elementwise {

/// Some pixels, and what the operations need besides: each reads the fields that it has a use for.
struct Span {
  int64_t pixels = 0, channels = 0;
  const float* a = nullptr;
  int64_t a_stride = 0;
  const float* b = nullptr;
  int64_t b_stride = 0;
  float* out = nullptr;
  int64_t out_stride = 0;
  Activation activation = Activation::kNone;
  float factor = 1;
  const float *scale = nullptr, *shift = nullptr;  ///< one per channel
  const float* slopes = nullptr;                   ///< of a leaky ReLU: one per channel
};

struct Kernels {
  void (*activate)(const Span& span);
  void (*add)(const Span& span);
  void (*multiply)(const Span& span);
  void (*scale)(const Span& span);
  void (*scale_shift)(const Span& span);
  void (*softmax)(const Span& span);
  void (*arg_max)(const Span& span, int32_t* out);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::elementwise
