#pragma once

// Softmax cross-entropy over the channels of every pixel:
//
//   loss = weight · Σ_p w[label_p] · (log Σ_c exp(score_pc) − score_p,label_p)  [/ Σ_p w[label_p] with `mean`]
//   gradient_pc = weight · w[label_p] · (softmax(score_p)_c − [c = label_p])      [/ Σ_p w[label_p] with `mean`]
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
  const float* class_weights = nullptr;  ///< w, one per channel, or none: all 1
  float weight = 1;                      ///< of the loss as a whole, where it is one of several
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

/// Floats of scratch memory that a RowLoss needs for scores of this shape.
int64_t RowScratchFloats(const Nhwc& scores, int threads);

/// Loss and gradient of scores that exist a row at a time: the gradients that SoftmaxLossGradient gives, bit by bit,
/// and a loss that is summed row by row. All rows have to be run once, in any order, on any of the context's workers.
class RowLoss {
 public:
  /// Reads all labels, for the sum of weights. What it is given must outlive it. Labels as for SoftmaxLoss. `scratch`
  /// is aligned as all tensors are.
  RowLoss(const Nhwc& scores, TensorView<const int32_t> labels, const Options& options, float* scratch,
          const Context& context);

  /// Row y of image n; `scores` are its pixels one after the other. The gradient's pixels are gradient_stride floats
  /// apart, and may be the scores.
  void Run(int64_t n, int64_t y, const float* scores, float* gradient, int64_t gradient_stride, int worker) const;

  /// When all rows have run.
  float Loss() const;

 private:
  Nhwc shape_;
  TensorView<const int32_t> labels_;
  const Options& options_;
  float *parts_, *workspaces_;
  double total_weight_;
  Isa isa_;
};

}  // namespace fcn::loss
