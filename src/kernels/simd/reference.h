#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/simd/epilogue.h"

namespace fcn {

/// The activations as geometry.h defines them, on any scalar.
template <typename T>
T ReferenceActivation(T x, Activation activation) {
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
  }
  return x;
}

/// For tests that sweep.
inline constexpr Activation kEveryActivation[] = {Activation::kNone,     Activation::kRelu, Activation::kRelu6,
                                                  Activation::kSigmoid,  Activation::kTanh, Activation::kHardSigmoid,
                                                  Activation::kHardSwish};

/// What a kernel's activation may be off by, in roundings (2⁻²⁴) of its input's magnitude and 1. None stretches an
/// error of its input by more than 1.5.
constexpr double RoundingsOf(Activation activation) { return Clamps(activation) ? 0 : 6; }

/// The bound on an activation's result whose input has this magnitude and is off by this error.
constexpr double BoundOf(Activation activation, double error, double magnitude) {
  return Clamps(activation) ? error : 1.5 * error + RoundingsOf(activation) * 0x1p-24 * (magnitude + 1);
}

/// Epilogue on any scalar and on dense tensors: what the references of the convolution families end with. bias and
/// residual may each be null; `index` is the element's place in the output.
template <typename T>
T ReferenceEpilogue(T sum, const T* bias, int64_t channel, const T* residual, int64_t index, Activation activation) {
  if (bias != nullptr) sum += bias[channel];
  if (residual != nullptr) sum += residual[index];
  return ReferenceActivation(sum, activation);
}

}  // namespace fcn
