#pragma once

// Batch norm while training (Ioffe and Szegedy 2015): statistics over a whole batch, and gradients through them. Per
// channel, with n = N·H·W values, x̂ = (x − mean) / √(variance + epsilon):
//
//   moments   mean = Σ x / n,  variance = Σ (x − mean)² / n
//   forward   y = x̂ · weight + bias
//   sums      Σ g  (gradient of the bias),  Σ g · x̂  (gradient of the weight)
//   gradient  out = weight / √(variance + epsilon) · (g − (Σ g + x̂ · Σ g·x̂) / n)
//
// Moments and sums are rows of two times C floats: means then variances, Σ g then Σ g·x̂. Sums run over blocks of a
// fixed number of pixels, added in order, in double.

#include <cstdint>

#include "base/context.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::batch_norm {

/// Floats of scratch memory that Moments and Sums need for an x of this shape.
int64_t ScratchFloats(const Nhwc& x);

/// Means and biased variances of x's channels, stable also where the mean is large beside the deviation.
void Moments(TensorView<const float> x, float* moments, float* scratch, const Context& context);

/// y = activation(x̂ · weight + bias); output may be x.
void Normalise(TensorView<const float> x, const float* moments, const float* weight, const float* bias, float epsilon,
               Activation activation, TensorView<float> output, const Context& context);

void Sums(TensorView<const float> g, TensorView<const float> x, const float* moments, float epsilon, float* sums,
          float* scratch, const Context& context);

/// The gradient by x; output may be g.
void Gradient(TensorView<const float> g, TensorView<const float> x, const float* moments, const float* sums,
              const float* weight, float epsilon, TensorView<float> output, const Context& context);

}  // namespace fcn::batch_norm
