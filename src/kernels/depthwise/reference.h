#pragma once

#include "kernels/simd/reference.h"

namespace fcn::depthwise {

/// depthwise.h in its plainest form, on any scalar and on dense tensors; bias and residual may each be null.
template <typename T>
void Reference(const ConvProblem& problem, const T* input, const T* weight, const T* bias, const T* residual,
               Activation activation, T* output) {
  const ConvGeometry& g = problem.geometry;
  const Nhwc &in = problem.input, &out = problem.output;
  int64_t index = 0;
  for (int64_t n = 0; n < out.n; n++)
    for (int64_t y = 0; y < out.h; y++)
      for (int64_t x = 0; x < out.w; x++)
        for (int64_t c = 0; c < out.c; c++, index++) {
          T sum = 0;
          for (int i = 0; i < g.kernel.h; i++)
            for (int j = 0; j < g.kernel.w; j++) {
              const int64_t row = y * g.stride.h - g.padding.top + int64_t{i} * g.dilation.h;
              const int64_t column = x * g.stride.w - g.padding.left + int64_t{j} * g.dilation.w;
              if (row < 0 || row >= in.h || column < 0 || column >= in.w) continue;
              sum +=
                  input[((n * in.h + row) * in.w + column) * in.c + c] * weight[(c * g.kernel.h + i) * g.kernel.w + j];
            }
          output[index] = ReferenceEpilogue(sum, bias, c, residual, index, activation);
        }
}

}  // namespace fcn::depthwise
