#pragma once

// The algorithm with nothing but its matrices, for any member of the tile-8 family. In double it equals a direct
// convolution to rounding, which proves the tables; the kernels are measured against it.

#include <algorithm>

#include "kernels/winograd/tables.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::winograd {

/// left · x · leftᵀ for an 8×8 or taps×taps matrix x; `left` as tables.h gives it.
template <typename T, size_t kRows, size_t kColumns>
std::array<std::array<T, kRows>, kRows> Sandwich(const std::array<std::array<double, kColumns>, kRows>& left,
                                                 const std::array<std::array<T, kColumns>, kColumns>& x) {
  std::array<std::array<T, kColumns>, kRows> half{};
  std::array<std::array<T, kRows>, kRows> whole{};
  for (size_t i = 0; i < kRows; i++)
    for (size_t j = 0; j < kColumns; j++)
      for (size_t k = 0; k < kColumns; k++) half[i][j] += static_cast<T>(left[i][k]) * x[k][j];
  for (size_t i = 0; i < kRows; i++)
    for (size_t j = 0; j < kRows; j++)
      for (size_t k = 0; k < kColumns; k++) whole[i][j] += half[i][k] * static_cast<T>(left[j][k]);
  return whole;
}

/// The convolution alone, without an epilogue: kTaps × kTaps, stride 1. `weight` is OIHW. Views must not overlap.
template <int kTaps, typename T>
void ReferenceWinograd(const Padding& padding, TensorView<const T> input, const T* weight, TensorView<T> output) {
  constexpr int kOutputs = OutputsFor(kTaps);
  constexpr size_t kSide = kTile;
  using Tile = std::array<std::array<T, kSide>, kSide>;
  for (int64_t n = 0; n < output.shape.n; n++)
    for (int64_t y = 0; y < output.shape.h; y += kOutputs)
      for (int64_t x = 0; x < output.shape.w; x += kOutputs)
        for (int64_t k = 0; k < output.shape.c; k++) {
          Tile sum{};
          for (int64_t c = 0; c < input.shape.c; c++) {
            Tile data{};
            for (size_t i = 0; i < kSide; i++)
              for (size_t j = 0; j < kSide; j++) {
                const int64_t row = y - padding.top + static_cast<int64_t>(i);
                const int64_t column = x - padding.left + static_cast<int64_t>(j);
                if (row >= 0 && row < input.shape.h && column >= 0 && column < input.shape.w)
                  data[i][j] = input.at(n, row, column)[c];
              }
            std::array<std::array<T, kTaps>, kTaps> taps;
            for (size_t i = 0; i < kTaps; i++)
              for (size_t j = 0; j < kTaps; j++)
                taps[i][j] = weight[((k * input.shape.c + c) * kTaps + static_cast<int64_t>(i)) * kTaps +
                                    static_cast<int64_t>(j)];
            const Tile u = Sandwich<T>(FilterMatrix<kTaps>(), taps);
            const Tile v = Sandwich<T>(kInputMatrix, data);
            for (size_t i = 0; i < kSide; i++)
              for (size_t j = 0; j < kSide; j++) sum[i][j] += u[i][j] * v[i][j];
          }
          const auto out = Sandwich<T>(OutputMatrix<kOutputs>(), sum);
          for (int64_t i = 0; i < std::min<int64_t>(kOutputs, output.shape.h - y); i++)
            for (int64_t j = 0; j < std::min<int64_t>(kOutputs, output.shape.w - x); j++)
              output.at(n, y + i, x + j)[k] = out[static_cast<size_t>(i)][static_cast<size_t>(j)];
        }
}

}  // namespace fcn::winograd
