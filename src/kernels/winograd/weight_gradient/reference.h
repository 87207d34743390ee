#pragma once

// The algorithm of weight_gradient.h with nothing but its matrices.

#include "kernels/winograd/reference.h"

namespace fcn::winograd {

/// The gradient by the weights (OIHW) of a convolution of kTaps × kTaps, stride 1 and dilation 1. In double it equals
/// conv_gradient::WeightReference to rounding.
template <int kTaps, typename T>
void ReferenceWinogradWeight(const Padding& padding, TensorView<const T> gradient, TensorView<const T> input,
                             T* output) {
  constexpr size_t kOutputs = OutputsFor(kTaps), kSide = kTile;
  for (int64_t k = 0; k < gradient.shape.c; k++)
    for (int64_t c = 0; c < input.shape.c; c++) {
      std::array<std::array<T, kSide>, kSide> sum{};
      for (int64_t n = 0; n < gradient.shape.n; n++)
        for (int64_t y = 0; y < gradient.shape.h; y += kOutputs)
          for (int64_t x = 0; x < gradient.shape.w; x += kOutputs) {
            // Values of a tile whose first pixel is (top, left); zeros outside.
            const auto fill = [&](auto& tile, TensorView<const T> view, int64_t channel, int64_t top, int64_t left) {
              for (size_t i = 0; i < tile.size(); i++)
                for (size_t j = 0; j < tile.size(); j++) {
                  const int64_t row = top + static_cast<int64_t>(i), column = left + static_cast<int64_t>(j);
                  if (row >= 0 && row < view.shape.h && column >= 0 && column < view.shape.w)
                    tile[i][j] = view.at(n, row, column)[channel];
                }
            };
            std::array<std::array<T, kOutputs>, kOutputs> g{};
            std::array<std::array<T, kSide>, kSide> data{};
            fill(g, gradient, k, y, x);
            fill(data, input, c, y - padding.top, x - padding.left);
            const auto w = Sandwich<T>(FilterMatrix<kOutputs>(), g), v = Sandwich<T>(kInputMatrix, data);
            for (size_t i = 0; i < kSide; i++)
              for (size_t j = 0; j < kSide; j++) sum[i][j] += w[i][j] * v[i][j];
          }
      const auto taps = Sandwich<T>(OutputMatrix<kTaps>(), sum);
      for (const auto& row : taps) output = std::copy(row.begin(), row.end(), output);
    }
}

}  // namespace fcn::winograd
