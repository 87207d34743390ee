#pragma once

#include <cstring>

#include "base/check.h"
#include "kernels/loss/loss.h"

namespace fcn::loss {

/// The labels of a loss, checked, and what each weighs.
struct Labels {
  TensorView<const int32_t> view;
  int64_t classes;
  const Options& options;

  /// The label of a pixel, -1 where it is ignored.
  int32_t At(int64_t pixel) const {
    const int32_t label = view.data[pixel * view.pixel_stride];
    if (label == options.ignore_label) return -1;
    FCN_CHECK(label >= 0 && label < classes);
    return label;
  }
  float Weight(int32_t label) const {
    if (label < 0) return 0;
    return options.class_weights == nullptr ? 1.0f : options.class_weights[label];
  }
};

/// What some pixels add to the loss and to the sum of weights.
struct Part {
  double loss, weight;
};
inline constexpr int64_t kPartFloats = sizeof(Part) / sizeof(float);

inline void Store(const Part& part, int64_t index, float* parts) {
  std::memcpy(parts + index * kPartFloats, &part, sizeof part);
}

/// The sum of the first `count` parts, in their order.
inline Part Total(int64_t count, const float* parts) {
  Part total{};
  for (int64_t i = 0; i < count; i++) {
    Part part{};
    std::memcpy(&part, parts + i * kPartFloats, sizeof part);
    total.loss += part.loss;
    total.weight += part.weight;
  }
  return total;
}

/// The loss, given the sums over all pixels.
inline float LossOf(const Part& total, const Options& options) {
  if (total.weight == 0) return 0;
  return static_cast<float>(static_cast<double>(options.weight) *
                            (options.mean ? total.loss / total.weight : total.loss));
}

/// What the gradient of a pixel's loss is multiplied with, beside its label's weight; the total weight is not 0.
inline float GradientScale(double total_weight, const Options& options) {
  return static_cast<float>(static_cast<double>(options.weight) * (options.mean ? 1 / total_weight : 1));
}

}  // namespace fcn::loss
