#pragma once

// Gradients of elementwise.h's functions, and what else training does to single elements. g is the gradient of the loss
// by the function's output. Unless said otherwise, shapes are equal and `output` may be one of the inputs.

#include <cstdint>

#include "base/context.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::elementwise {

/// g · f′. `y` is the activation's output, or its input where DerivativeReadsInput (tensor/activation.h). Of one
/// that clamps: 0 where y lies at an end of the interval that it clamps to (or beyond), else g, also where y is NaN.
/// `slopes` are those of a leaky ReLU, one per channel.
void ActivationGradient(Activation activation, TensorView<const float> g, TensorView<const float> y,
                        TensorView<float> output, const Context& context, const float* slopes = nullptr);

/// y is the softmax: y · (g − Σ_c g·y).
void SoftmaxGradient(TensorView<const float> g, TensorView<const float> y, TensorView<float> output,
                     const Context& context);

/// Floats of scratch memory that ChannelSums needs.
int64_t ChannelSumsScratchFloats(const Nhwc& input);
/// sums[c] = Σ_{n,y,x} in[n,y,x,c], in blocks of a fixed number of pixels that are added in order, in double.
void ChannelSums(TensorView<const float> input, float* sums, float* scratch, const Context& context);

/// sums[n,c] = Σ_{y,x} a · b for each image, as ChannelSums: the gradient of a product by a factor of one pixel.
int64_t ProductSumsScratchFloats(const Nhwc& input);
void ProductSums(TensorView<const float> a, TensorView<const float> b, float* sums, float* scratch,
                 const Context& context);

/// Of a leaky ReLU by its slopes: sums[c] = Σ_{n,y,x} g · x where x ≤ 0 (or is NaN), as ChannelSums, with its scratch
/// memory.
void SlopeGradient(TensorView<const float> g, TensorView<const float> x, float* sums, float* scratch,
                   const Context& context);

/// The adjoint of Crop: out[n, y + top, x + left, c] = g[n,y,x,c] inside of g, 0 elsewhere. `output` is larger than g
/// or equal and may not overlap it.
void CropGradient(TensorView<const float> g, int64_t top, int64_t left, TensorView<float> output,
                  const Context& context);

/// Element i (in N×H×W×C order) becomes 0 where RandomBits(seed, i) falls below rate · 2⁶⁴, else in / (1 − rate).
/// `rate` is in [0, 1).
void Dropout(TensorView<const float> input, uint64_t seed, float rate, TensorView<float> output,
             const Context& context);

}  // namespace fcn::elementwise
