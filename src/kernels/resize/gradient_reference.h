#pragma once

#include <vector>

#include "kernels/resize/reference.h"

namespace fcn::resize {

/// The adjoint of ReferenceBilinear, on any scalar: its weights are what resizing gives of an image of zeros and a one.
template <typename T>
void ReferenceBilinearGradient(const Nhwc& out, const T* g, const Nhwc& in, T* output) {
  const Nhwc from{1, in.h, in.w, 1}, to{1, out.h, out.w, 1};
  std::vector<T> impulse(static_cast<size_t>(from.elements())), weights(static_cast<size_t>(to.elements()));
  for (int64_t place = 0; place < from.pixels(); place++) {
    impulse[static_cast<size_t>(place)] = 1;
    ReferenceBilinear(from, impulse.data(), to, weights.data());
    impulse[static_cast<size_t>(place)] = 0;
    for (int64_t n = 0; n < in.n; n++)
      for (int64_t c = 0; c < in.c; c++) {
        T sum = 0;
        for (int64_t p = 0; p < to.pixels(); p++)
          sum += weights[static_cast<size_t>(p)] * g[(n * to.pixels() + p) * in.c + c];
        output[(n * from.pixels() + place) * in.c + c] = sum;
      }
  }
}

}  // namespace fcn::resize
