#pragma once

#include <cstdint>

#include "kernels/simd/reference.h"
#include "tensor/conv_problem.h"

namespace fcn::conv {

/// conv.h in its plainest form, on any scalar: weights as torch has them (OIHW), bias and residual or none.
template <typename T>
void Reference(const ConvProblem& problem, TensorView<const T> input, const T* weight, const T* bias,
               TensorView<const T> residual, Activation activation, TensorView<T> output) {
  const ConvGeometry& g = problem.geometry;
  const int64_t inputs = problem.input.c / g.groups, outputs = problem.output.c / g.groups;
  for (int64_t n = 0; n < problem.output.n; n++)
    for (int64_t y = 0; y < problem.output.h; y++)
      for (int64_t x = 0; x < problem.output.w; x++)
        for (int64_t k = 0; k < problem.output.c; k++) {
          T sum = 0;
          for (int64_t i = 0; i < g.kernel.h; i++)
            for (int64_t j = 0; j < g.kernel.w; j++) {
              const int64_t row = y * g.stride.h - g.padding.top + i * g.dilation.h;
              const int64_t column = x * g.stride.w - g.padding.left + j * g.dilation.w;
              if (row < 0 || row >= problem.input.h || column < 0 || column >= problem.input.w) continue;
              const T* pixel = input.at(n, row, column) + k / outputs * inputs;
              for (int64_t c = 0; c < inputs; c++)
                sum += pixel[c] * weight[((k * inputs + c) * g.kernel.h + i) * g.kernel.w + j];
            }
          if (bias != nullptr) sum += bias[k];
          if (residual.data != nullptr) sum += residual.at(n, y, x)[k];
          sum = ReferenceActivation(sum, activation, T(TestSlope(k)));
          output.at(n, y, x)[k] = sum;
        }
}

}  // namespace fcn::conv
