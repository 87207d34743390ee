#pragma once

#include "tensor/activation.h"
#include "tensor/tensor.h"

namespace fcn {

/// What every kernel of the convolution families does to a sum before it is stored:
///   out[n,y,x,k] = activation(sum + bias[k] + residual[n,y,x,k])
/// in this order, so that fused and separate programs round alike.
struct Epilogue {
  const float* bias = nullptr;       ///< one per output channel, or none
  TensorView<const float> residual;  ///< of the output's shape, or data == nullptr; may be the output itself
  Activation activation = Activation::kNone;
  const float* slopes = nullptr;  ///< of a leaky ReLU: one per output channel
};

}  // namespace fcn
