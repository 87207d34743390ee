#pragma once

#include <algorithm>
#include <cmath>

#include "tensor/shape.h"

namespace fcn::resize {

/// resize.h in its plainest form, on any scalar and on dense tensors; positions are computed in that scalar too.
template <typename T>
void ReferenceBilinear(const Nhwc& in, const T* input, const Nhwc& out, T* output) {
  const auto position = [](int64_t i, int64_t from, int64_t to) {
    return std::max<T>(0, (static_cast<T>(i) + T(0.5)) * (static_cast<T>(from) / static_cast<T>(to)) - T(0.5));
  };
  for (int64_t n = 0; n < out.n; n++)
    for (int64_t y = 0; y < out.h; y++)
      for (int64_t x = 0; x < out.w; x++)
        for (int64_t c = 0; c < out.c; c++) {
          // The weight of a sample is what its distance leaves of 1; beyond the last sample its value is repeated.
          const T row = std::min<T>(position(y, in.h, out.h), static_cast<T>(in.h - 1));
          const T column = std::min<T>(position(x, in.w, out.w), static_cast<T>(in.w - 1));
          T sum = 0;
          for (int64_t i = 0; i < in.h; i++)
            for (int64_t j = 0; j < in.w; j++) {
              const T wi = std::max<T>(0, 1 - std::abs(row - static_cast<T>(i)));
              const T wj = std::max<T>(0, 1 - std::abs(column - static_cast<T>(j)));
              if (wi > 0 && wj > 0) sum += wi * wj * input[((n * in.h + i) * in.w + j) * in.c + c];
            }
          *output++ = sum;
        }
}

}  // namespace fcn::resize
