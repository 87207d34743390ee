#pragma once

// Operations without a window: each output pixel depends on the same pixel of the inputs. Unless said otherwise, shapes
// of inputs and output are equal and the output may be one of the inputs. `slopes` are those of a leaky ReLU, one per
// channel.

#include <cstdint>

#include "base/context.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::elementwise {

/// out = activation(in). NaN stays NaN.
void Activate(Activation activation, TensorView<const float> input, TensorView<float> output, const Context& context,
              const float* slopes = nullptr);

/// out = activation(a + b).
void Add(TensorView<const float> a, TensorView<const float> b, Activation activation, TensorView<float> output,
         const Context& context, const float* slopes = nullptr);

/// out = activation(a · b). b has a's shape, or one pixel for each image, which scales its channels; only in the first
/// case may the output be b.
void Multiply(TensorView<const float> a, TensorView<const float> b, Activation activation, TensorView<float> output,
              const Context& context, const float* slopes = nullptr);

/// out = in · factor.
void Scale(TensorView<const float> input, float factor, TensorView<float> output, const Context& context);

/// out[n,y,x,c] = activation(in[n,y,x,c] · scale[c] + shift[c]): a batch norm at inference.
void ScaleShift(TensorView<const float> input, const float* scale, const float* shift, Activation activation,
                TensorView<float> output, const Context& context, const float* slopes = nullptr);

/// The batch norm (in − mean) / √(variance + epsilon) · weight + bias as in · scale + shift, computed in double.
/// `weight` and `bias` may be nullptr (1 and 0); each array has `channels` elements.
void FoldBatchNorm(int64_t channels, const float* weight, const float* bias, const float* mean, const float* variance,
                   double epsilon, float* scale, float* shift);

/// out[n,y,x,c] = in[n, y + top, x + left, c] for the output's shape, which must lie inside the input. A copy where top
/// and left are 0; a concatenation where the output is a slice of the channels. The output may not overlap the input.
void Crop(TensorView<const float> input, int64_t top, int64_t left, TensorView<float> output, const Context& context);

/// out[…,c] = exp(in[…,c] − m) / Σ_c exp(in[…,c] − m), m = max_c in[…,c]: probabilities over the channels. All of a
/// pixel is NaN where one of its inputs is NaN or +∞, or all are −∞. The exponential is Highway's (error at most 1
/// ULP).
void Softmax(TensorView<const float> input, TensorView<float> output, const Context& context);

/// The channel with the largest value, N×H×W×C to N×H×W×1; of equal ones the first. −1 where the
/// pixel's values are no numbers: where Softmax gives NaN.
void ArgMax(TensorView<const float> input, TensorView<int32_t> output, const Context& context);

}  // namespace fcn::elementwise
