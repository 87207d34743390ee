#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/pool/pool.h"

namespace fcn::pool {

/// Calls visit(value) for the pixels of channel c under the window at output (y, x) of image n; `input` is dense.
template <typename T, typename Visit>
void VisitWindow(const Window& window, const Nhwc& in, const T* input, int64_t n, int64_t y, int64_t x, int64_t c,
                 const Visit& visit) {
  for (int i = 0; i < window.kernel.h; i++)
    for (int j = 0; j < window.kernel.w; j++) {
      const int64_t row = y * window.stride.h - window.padding.top + i;
      const int64_t column = x * window.stride.w - window.padding.left + j;
      if (row >= 0 && row < in.h && column >= 0 && column < in.w)
        visit(input[((n * in.h + row) * in.w + column) * in.c + c]);
    }
}

template <typename T>
void ReferenceMax(const Window& window, const Nhwc& in, const T* input, const Nhwc& out, T* output) {
  for (int64_t n = 0; n < out.n; n++)
    for (int64_t y = 0; y < out.h; y++)
      for (int64_t x = 0; x < out.w; x++)
        for (int64_t c = 0; c < out.c; c++) {
          T best = -std::numeric_limits<T>::infinity();
          VisitWindow(window, in, input, n, y, x, c, [&](T v) {
            if (v > best || std::isnan(v)) best = v;
          });
          *output++ = best;
        }
}

template <typename T>
void ReferenceAverage(const Window& window, bool count_padding, const Nhwc& in, const T* input, const Nhwc& out,
                      T* output) {
  // The taps of a window that count though they may lie in the padding.
  const auto counted = [](int64_t begin, int taps, int64_t padded_end) {
    int64_t count = 0;
    for (int64_t i = begin; i < begin + taps; i++) count += i < padded_end ? 1 : 0;
    return count;
  };
  const Padding& p = window.padding;
  for (int64_t n = 0; n < out.n; n++)
    for (int64_t y = 0; y < out.h; y++)
      for (int64_t x = 0; x < out.w; x++)
        for (int64_t c = 0; c < out.c; c++) {
          T sum = 0;
          int64_t inside = 0;
          VisitWindow(window, in, input, n, y, x, c, [&](T v) { sum += v, inside++; });
          const int64_t all = counted(y * window.stride.h - p.top, window.kernel.h, in.h + p.bottom) *
                              counted(x * window.stride.w - p.left, window.kernel.w, in.w + p.right);
          *output++ = sum / static_cast<T>(std::max<int64_t>(1, count_padding ? all : inside));
        }
}

template <typename T>
void ReferenceGlobalAverage(const Nhwc& in, const T* input, T* output) {
  for (int64_t n = 0; n < in.n; n++)
    for (int64_t c = 0; c < in.c; c++) {
      T sum = 0;
      for (int64_t pixel = 0; pixel < in.h * in.w; pixel++) sum += input[(n * in.h * in.w + pixel) * in.c + c];
      *output++ = sum / static_cast<T>(in.h * in.w);
    }
}

}  // namespace fcn::pool
