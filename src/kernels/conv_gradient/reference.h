#pragma once

#include <cstdint>

#include "tensor/conv_problem.h"

namespace fcn::conv_gradient {

/// Calls body(output element, input element, weight element), as indices into dense NHWC and OIHW, for every product
/// that a convolution adds up: both gradients are sums over the same products.
template <typename Body>
void ForEachProduct(const ConvProblem& problem, const Body& body) {
  const ConvGeometry& g = problem.geometry;
  const Nhwc &in = problem.input, &out = problem.output;
  const int64_t inputs = in.c / g.groups, outputs = out.c / g.groups;
  for (int64_t n = 0; n < out.n; n++)
    for (int64_t y = 0; y < out.h; y++)
      for (int64_t x = 0; x < out.w; x++)
        for (int64_t i = 0; i < g.kernel.h; i++)
          for (int64_t j = 0; j < g.kernel.w; j++) {
            const int64_t row = y * g.stride.h - g.padding.top + i * g.dilation.h;
            const int64_t column = x * g.stride.w - g.padding.left + j * g.dilation.w;
            if (row < 0 || row >= in.h || column < 0 || column >= in.w) continue;
            for (int64_t k = 0; k < out.c; k++)
              for (int64_t c = 0; c < inputs; c++)
                body(((n * out.h + y) * out.w + x) * out.c + k,
                     ((n * in.h + row) * in.w + column) * in.c + k / outputs * inputs + c,
                     ((k * inputs + c) * g.kernel.h + i) * g.kernel.w + j);
          }
}

/// The gradient by the input in its plainest form, on any scalar and on dense tensors; residual may be null.
template <typename T>
void DataReference(const ConvProblem& problem, const T* gradient, const T* weight, const T* residual, T* output) {
  for (int64_t i = 0; i < problem.input.elements(); i++) output[i] = residual != nullptr ? residual[i] : T(0);
  ForEachProduct(problem, [&](int64_t out, int64_t in, int64_t w) { output[in] += gradient[out] * weight[w]; });
}

/// The gradient by the weights (OIHW) in its plainest form.
template <typename T>
void WeightReference(const ConvProblem& problem, const T* gradient, const T* input, T* output) {
  const ConvGeometry& g = problem.geometry;
  const int64_t weights = problem.output.c * (problem.input.c / g.groups) * g.kernel.h * g.kernel.w;
  for (int64_t i = 0; i < weights; i++) output[i] = 0;
  ForEachProduct(problem, [&](int64_t out, int64_t in, int64_t w) { output[w] += gradient[out] * input[in]; });
}

}  // namespace fcn::conv_gradient
