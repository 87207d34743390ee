#pragma once

// Softmax cross-entropy over the channels of every pixel:
//
//   loss = Σ_p w[label_p] · (log Σ_c exp(score_pc) − score_p,label_p)  [/ Σ_p w[label_p] with `mean`]
//   gradient_pc = w[label_p] · (softmax(score_p)_c − [c = label_p])      [/ Σ_p w[label_p] with `mean`]
//
// over the pixels p whose label is not ignored; both are 0 where there are none, or their weights sum to 0. The sum
// runs over the pixels in blocks of a fixed number of them, in double.

#include <cstdint>

#include "base/context.h"
#include "tensor/tensor.h"

namespace fcn::loss {

struct Options {
  int ignore_label = 255;
  bool mean = true;
  const float* class_weights = nullptr;  ///< one per channel, or none: all 1
};

/// Floats of scratch memory that both functions need for scores of this shape.
int64_t ScratchFloats(const Nhwc& scores);

/// The loss. Labels other than ignore_label must be in [0, channels): FCN_CHECKed. NaN scores of a valid pixel give
/// NaN.
float SoftmaxLoss(TensorView<const float> scores, TensorView<const int32_t> labels, const Options& options,
                  float* scratch, const Context& context);

/// The gradient by the scores; output may be the scores.
void SoftmaxLossGradient(TensorView<const float> scores, TensorView<const int32_t> labels, const Options& options,
                         TensorView<float> output, float* scratch, const Context& context);

}  // namespace fcn::loss
