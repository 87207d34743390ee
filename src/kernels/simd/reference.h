#pragma once

#include "kernels/simd/epilogue.h"

namespace fcn {

/// Epilogue on any scalar and on dense tensors: what the references of the convolution families end with. bias and
/// residual may each be null; `index` is the element's place in the output.
template <typename T>
T ReferenceEpilogue(T sum, const T* bias, int64_t channel, const T* residual, int64_t index, Activation activation) {
  if (bias != nullptr) sum += bias[channel];
  if (residual != nullptr) sum += residual[index];
  if (activation != Activation::kNone && sum < 0) sum = 0;
  if (activation == Activation::kRelu6 && sum > 6) sum = 6;
  return sum;
}

}  // namespace fcn
