#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/loss/loss.h"

namespace fcn::loss {

/// The sum of the weights of all valid pixels.
template <typename T>
T ReferenceWeight(const Nhwc& shape, const int32_t* labels, const Options& options) {
  T sum = 0;
  for (int64_t p = 0; p < shape.pixels(); p++)
    if (labels[p] != options.ignore_label)
      sum += options.class_weights == nullptr ? T(1) : static_cast<T>(options.class_weights[labels[p]]);
  return sum;
}

/// loss.h in its plainest form, on any scalar and on dense tensors.
template <typename T>
T ReferenceSoftmaxLoss(const Nhwc& shape, const T* scores, const int32_t* labels, const Options& options) {
  T sum = 0;
  for (int64_t p = 0; p < shape.pixels(); p++) {
    if (labels[p] == options.ignore_label) continue;
    const T* s = scores + p * shape.c;
    const T largest = *std::max_element(s, s + shape.c);
    T exponentials = 0;
    for (int64_t c = 0; c < shape.c; c++) exponentials += std::exp(s[c] - largest);
    const T weight = options.class_weights == nullptr ? T(1) : static_cast<T>(options.class_weights[labels[p]]);
    sum += weight * (std::log(exponentials) + largest - s[labels[p]]);
  }
  const T weight = ReferenceWeight<T>(shape, labels, options);
  if (weight == 0) return 0;
  return static_cast<T>(options.weight) * (options.mean ? sum / weight : sum);
}

template <typename T>
void ReferenceSoftmaxLossGradient(const Nhwc& shape, const T* scores, const int32_t* labels, const Options& options,
                                  T* output) {
  const T total = ReferenceWeight<T>(shape, labels, options);
  for (int64_t p = 0; p < shape.pixels(); p++) {
    const T* s = scores + p * shape.c;
    T* out = output + p * shape.c;
    std::fill(out, out + shape.c, T(0));
    if (labels[p] == options.ignore_label || total == 0) continue;
    const T largest = *std::max_element(s, s + shape.c);
    T exponentials = 0;
    for (int64_t c = 0; c < shape.c; c++) exponentials += std::exp(s[c] - largest);
    T weight = options.class_weights == nullptr ? T(1) : static_cast<T>(options.class_weights[labels[p]]);
    if (options.mean) weight /= total;
    weight *= static_cast<T>(options.weight);
    for (int64_t c = 0; c < shape.c; c++)
      out[c] = weight * (std::exp(s[c] - largest) / exponentials - (c == labels[p] ? T(1) : T(0)));
  }
}

}  // namespace fcn::loss
