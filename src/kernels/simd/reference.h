#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/simd/epilogue.h"

namespace fcn {

/// The activations as tensor/activation.h defines them, on any scalar. `slope` is a leaky ReLU's.
template <typename T>
T ReferenceActivation(T x, Activation activation, T slope = 0) {
  const auto relu6 = [](T v) { return v < 0 ? T(0) : v > 6 ? T(6) : v; };
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return x < 0 ? T(0) : x;
    case Activation::kRelu6:
      return relu6(x);
    case Activation::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kHardSigmoid:
      return relu6(x + 3) / 6;
    case Activation::kHardSwish:
      return x * relu6(x + 3) / 6;
    case Activation::kLeakyRelu:
      return x > 0 ? x : slope * x;
  }
  return x;
}

/// g times their derivative. `at` is y, or x where DerivativeReadsInput.
template <typename T>
T ReferenceActivationGradient(Activation activation, T g, T at, T slope = 0) {
  switch (activation) {
    case Activation::kNone:
      return g;
    case Activation::kRelu:
      return at <= 0 ? 0 : g;
    case Activation::kRelu6:
      return at <= 0 || at >= 6 ? 0 : g;
    case Activation::kSigmoid:
      return g * at * (1 - at);
    case Activation::kTanh:
      return g * (1 - at * at);
    case Activation::kHardSigmoid:
      return at <= 0 || at >= 1 ? 0 : g / 6;
    case Activation::kHardSwish:
      return at <= -3 ? 0 : at >= 3 ? g : g * (at / 3 + T(0.5));
    case Activation::kLeakyRelu:
      return at > 0 ? g : slope * g;
  }
  return g;
}

/// For tests that sweep: all of them, kNone first.
inline constexpr auto kEveryActivation = [] {
  std::array<Activation, kPlainActivations + 2> all{};
  for (size_t i = 0; i < all.size(); i++) all[i] = static_cast<Activation>(i);
  return all;
}();

/// A leaky ReLU's slope for tests, of this channel: of either sign, and at most 0.5.
constexpr float TestSlope(int64_t channel) { return 0.125f * static_cast<float>(channel % 7 - 2); }
/// As many of them for a leaky ReLU, none for others.
inline std::vector<float> TestSlopes(Activation activation, int64_t channels) {
  std::vector<float> slopes;
  for (int64_t c = 0; activation == Activation::kLeakyRelu && c < channels; c++) slopes.push_back(TestSlope(c));
  return slopes;
}

/// What a kernel's activation may be off by, in roundings (2⁻²⁴) of its input's magnitude and 1. None stretches an
/// error of its input by more than 1.5, if slopes are TestSlope's.
constexpr double RoundingsOf(Activation activation) { return Clamps(activation) ? 0 : 6; }

/// The bound on an activation's result whose input has this magnitude and is off by this error.
constexpr double BoundOf(Activation activation, double error, double magnitude) {
  return Clamps(activation) ? error : 1.5 * error + RoundingsOf(activation) * 0x1p-24 * (magnitude + 1);
}

/// Epilogue on any scalar and on dense tensors: what the references of the convolution families end with. bias and
/// residual may each be null; `index` is the element's place in the output; a leaky ReLU's slopes are TestSlope's.
template <typename T>
T ReferenceEpilogue(T sum, const T* bias, int64_t channel, const T* residual, int64_t index, Activation activation) {
  if (bias != nullptr) sum += bias[channel];
  if (residual != nullptr) sum += residual[index];
  return ReferenceActivation(sum, activation, T(TestSlope(channel)));
}

}  // namespace fcn
