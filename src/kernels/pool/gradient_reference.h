#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/pool/reference.h"

namespace fcn::pool {

/// Calls visit(index, tap) for the pixels under a window as VisitWindow does, with the pixel's place in the input.
template <typename Visit>
void VisitPlaces(const Window& window, const Nhwc& in, int64_t n, int64_t y, int64_t x, int64_t c, const Visit& visit) {
  for (int64_t i = 0; i < window.kernel.h; i++)
    for (int64_t j = 0; j < window.kernel.w; j++) {
      const int64_t row = y * window.stride.h - window.padding.top + i;
      const int64_t column = x * window.stride.w - window.padding.left + j;
      if (row >= 0 && row < in.h && column >= 0 && column < in.w) visit(((n * in.h + row) * in.w + column) * in.c + c);
    }
}

/// Calls visit(n, y, x, c, index) for the elements of a dense tensor.
template <typename Visit>
void VisitElements(const Nhwc& shape, const Visit& visit) {
  int64_t index = 0;
  for (int64_t n = 0; n < shape.n; n++)
    for (int64_t y = 0; y < shape.h; y++)
      for (int64_t x = 0; x < shape.w; x++)
        for (int64_t c = 0; c < shape.c; c++) visit(n, y, x, c, index++);
}

template <typename T>
void ReferenceMaxGradient(const Window& window, const Nhwc& out, const T* g, const Nhwc& in, const T* input,
                          T* output) {
  std::fill(output, output + in.elements(), T(0));
  VisitElements(out, [&](int64_t n, int64_t y, int64_t x, int64_t c, int64_t index) {
    int64_t best = -1;
    VisitPlaces(window, in, n, y, x, c, [&](int64_t place) {
      if (best < 0 || input[place] > input[best] || std::isnan(input[place])) best = place;
    });
    if (best >= 0) output[best] += g[index];
  });
}

/// The adjoint of ReferenceAverage, whose weights it finds by averaging ones.
template <typename T>
void ReferenceAverageGradient(const Window& window, bool count_padding, const Nhwc& out, const T* g, const Nhwc& in,
                              T* output) {
  std::fill(output, output + in.elements(), T(0));
  const std::vector<T> ones(static_cast<size_t>(in.elements()), T(1));
  std::vector<T> inside_over_divisor(static_cast<size_t>(out.elements()));
  ReferenceAverage(window, count_padding, in, ones.data(), out, inside_over_divisor.data());
  VisitElements(out, [&](int64_t n, int64_t y, int64_t x, int64_t c, int64_t index) {
    int64_t inside = 0;
    VisitPlaces(window, in, n, y, x, c, [&](int64_t) { inside++; });
    VisitPlaces(window, in, n, y, x, c, [&](int64_t place) {
      output[place] += g[index] * inside_over_divisor[static_cast<size_t>(index)] / static_cast<T>(inside);
    });
  });
}

template <typename T>
void ReferenceGlobalAverageGradient(const Nhwc& in, const T* g, T* output) {
  VisitElements(in, [&](int64_t n, int64_t, int64_t, int64_t c, int64_t index) {
    output[index] = g[n * in.c + c] / static_cast<T>(in.h * in.w);
  });
}

}  // namespace fcn::pool
