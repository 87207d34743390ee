#pragma once

// From one element type to another, element by element:
//
//   Cast        y = the number of type To next to x; of two that are equally near, the even one
//   Quantise    q = saturate(round(x / scale) + zero_point), x / scale in float32, ties to even
//   Dequantise  y = (q − zero_point) · scale
//
// Quantise and Dequantise are ONNX's QuantizeLinear and DequantizeLinear with one float32 scale: whole numbers, so the
// same on every processor. Among integers a number that the type does not have is the nearest that it has, and NaN is 0
// (quantised: the zero point). Shapes are equal, pixels may have gaps, and nothing overlaps.

#include "base/context.h"
#include "tensor/element_type.h"
#include "tensor/tensor.h"

namespace fcn::convert {

/// Of From and To one is float or both are; the other is BFloat16, int8_t, uint8_t, int32_t or uint16_t.
template <typename From, typename To>
void Cast(TensorView<const From> x, TensorView<To> y, const Context& context);

struct Quantisation {
  /// 1e-30 to 1e30: denormal numbers, which processors may take for zero, become zero, and no y is infinite.
  float scale = 1;
  int zero_point = 0;
};

/// Q is int8_t or uint8_t.
template <typename Q>
void Quantise(TensorView<const float> x, const Quantisation& quantisation, TensorView<Q> q, const Context& context);
template <typename Q>
void Dequantise(TensorView<const Q> q, const Quantisation& quantisation, TensorView<float> y, const Context& context);

}  // namespace fcn::convert
