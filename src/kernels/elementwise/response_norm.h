#pragma once

// Local response normalisation across channels (Krizhevsky, Sutskever and Hinton 2012, section 3.3):
//
//   y[c] = x[c] · s[c]^−beta,   s[c] = k + alpha / size · Σ x[j]²   over the channels j with |j − c| ≤ size / 2
//
// of one pixel, without those below the first or above the last. alpha is divided by the size, as in Caffe, torch and
// ONNX; the paper's own alpha is not.

#include "base/context.h"
#include "tensor/tensor.h"

namespace fcn::elementwise {

struct ResponseNorm {
  int size = 5;  ///< odd, at most kLargestNorm
  float alpha = 1e-4f, beta = 0.75f, k = 1;
};
inline constexpr int kLargestNorm = 63;

/// Shapes are equal; the output may not overlap the input. alpha is 0 or more, beta and k are positive.
void LocalResponseNorm(const ResponseNorm& norm, TensorView<const float> input, TensorView<float> output,
                       const Context& context);

/// With g, the gradient by y: out[c] = g[c] · s[c]^−beta − 2 · alpha · beta / size · x[c] · Σ g[j] · y[j] / s[j] over
/// the same j. The output overlaps neither input.
void LocalResponseNormGradient(const ResponseNorm& norm, TensorView<const float> g, TensorView<const float> x,
                               TensorView<float> output, const Context& context);

}  // namespace fcn::elementwise
