#pragma once

#include "kernels/simd/epilogue.h"

namespace fcn::winograd {

/// A convolution of stride 1 with a square kernel.
inline ConvProblem Problem(int taps, const Padding& padding, const Nhwc& input, int64_t outputs,
                           Size2 dilation = {1, 1}) {
  return {{{taps, taps}, {1, 1}, dilation, padding, 1},
          input,
          {input.n, input.h + padding.top + padding.bottom - dilation.h * (taps - 1),
           input.w + padding.left + padding.right - dilation.w * (taps - 1), outputs}};
}

}  // namespace fcn::winograd
