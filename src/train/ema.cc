#include "train/ema.h"

#include <algorithm>

#include "base/check.h"
#include "train/blocks.h"

namespace fcn {

double EmaDecayAt(double decay, int64_t t) {
  return std::min(decay, static_cast<double>(1 + t) / static_cast<double>(10 + t));
}

void UpdateEma(const Context& context, std::span<float> average, std::span<const float> weights, double decay) {
  FCN_CHECK(average.size() == weights.size());
  const auto share = static_cast<float>(1 - decay);
  ForBlocks(context, average.size(), [&](size_t first, size_t last) {
    for (size_t i = first; i < last; i++) average[i] += share * (weights[i] - average[i]);
  });
}

}  // namespace fcn
