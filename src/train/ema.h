#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"

namespace fcn {

/// The decay of the moving average at its t-th update (the first is 0): min(decay, (1 + t) / (10 + t)), so that the
/// average forgets where training began. Source: TensorFlow's ExponentialMovingAverage (num_updates).
double EmaDecayAt(double decay, int64_t t);

/// average += (1 − decay) · (weights − average), element by element, after every update of the weights. The two have
/// one length.
void UpdateEma(const Context& context, std::span<float> average, std::span<const float> weights, double decay);

}  // namespace fcn
