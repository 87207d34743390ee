#pragma once

#include <algorithm>
#include <vector>

#include "kernels/deconv/deconv.h"
#include "kernels/simd/reference.h"

namespace fcn::deconv {

/// deconv.h in its plainest form, on any scalar and on dense tensors; bias and residual may each be null. In scatter
/// form, as the operation is defined: each input pixel adds its value times the kernel.
template <typename T>
void Reference(const DeconvProblem& problem, const T* input, const T* weight, const T* bias, const T* residual,
               Activation activation, T* output) {
  const ConvGeometry& g = problem.geometry;
  const Nhwc &in = problem.input, &out = problem.output;
  const int64_t inputs = in.c / g.groups, outputs = out.c / g.groups;
  std::fill(output, output + out.elements(), T(0));
  for (int64_t n = 0; n < in.n; n++)
    for (int64_t y = 0; y < in.h; y++)
      for (int64_t x = 0; x < in.w; x++)
        for (int64_t c = 0; c < in.c; c++)
          for (int64_t k = 0; k < outputs; k++)
            for (int i = 0; i < g.kernel.h; i++)
              for (int j = 0; j < g.kernel.w; j++) {
                const int64_t row = y * g.stride.h - g.padding.top + i, column = x * g.stride.w - g.padding.left + j;
                if (row < 0 || row >= out.h || column < 0 || column >= out.w) continue;
                output[((n * out.h + row) * out.w + column) * out.c + c / inputs * outputs + k] +=
                    input[((n * in.h + y) * in.w + x) * in.c + c] *
                    weight[((c * outputs + k) * g.kernel.h + i) * g.kernel.w + j];
              }
  for (int64_t i = 0; i < out.elements(); i++)
    output[i] = ReferenceEpilogue(output[i], bias, i % out.c, residual, i, activation);
}

}  // namespace fcn::deconv
