#pragma once

#include <cstdint>
#include <string_view>

namespace fcn {

/// A function of one number that is applied element by element, alone or to what a sum gives:
///   Relu         max(x, 0)
///   Relu6        min(max(x, 0), 6)
///   Sigmoid      1 / (1 + exp(−x))
///   Tanh         tanh(x)
///   HardSigmoid  Relu6(x + 3) / 6
///   HardSwish    x · HardSigmoid(x), both as in MobileNetV3 (arXiv 1905.02244) and torch
///   LeakyRelu    x where x > 0, else slope · x: the last, and the only one with parameters, a slope for each channel
enum class Activation : uint8_t { kNone, kRelu, kRelu6, kSigmoid, kTanh, kHardSigmoid, kHardSwish, kLeakyRelu };

/// How they are called: by the text form, their gradients by the text form, and by profiles.
struct ActivationNames {
  std::string_view name, gradient, profile;
};
constexpr ActivationNames NamesOf(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      break;
    case Activation::kRelu:
      return {"Relu", "ReluGradient", "relu"};
    case Activation::kRelu6:
      return {"Relu6", "Relu6Gradient", "relu6"};
    case Activation::kSigmoid:
      return {"Sigmoid", "SigmoidGradient", "sigmoid"};
    case Activation::kTanh:
      return {"Tanh", "TanhGradient", "tanh"};
    case Activation::kHardSigmoid:
      return {"HardSigmoid", "HardSigmoidGradient", "hard_sigmoid"};
    case Activation::kHardSwish:
      return {"HardSwish", "HardSwishGradient", "hard_swish"};
    case Activation::kLeakyRelu:
      return {"LeakyRelu", "LeakyReluGradient", "leaky_relu"};
  }
  return {"Identity", "IdentityGradient", "copy"};
}

/// How many of them have no parameters: those from kRelu on.
inline constexpr int kPlainActivations = static_cast<int>(Activation::kLeakyRelu) - 1;

/// Whether it does no more than clamp to an interval. The others are computed where a kernel has stored its sums, while
/// these are in the cache.
constexpr bool Clamps(Activation activation) { return activation <= Activation::kRelu6; }
/// Whether the derivative is computed from x. Of the others it is a function of y = f(x), so that x need not be kept.
constexpr bool DerivativeReadsInput(Activation activation) {
  return activation == Activation::kHardSwish || activation == Activation::kLeakyRelu;
}
constexpr bool IsRelu(Activation activation) {
  return activation == Activation::kRelu || activation == Activation::kRelu6;
}

}  // namespace fcn
