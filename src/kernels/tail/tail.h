#pragma once

// The end of a network, where coarse scores are resized bilinearly (kernels/resize) to the image's size and used once:
// scores at full resolution, the largest tensor of all by far, never exist. A few rows of the output lie between the
// same two rows of the input: such a band is computed by one task, sixteen columns at a time, in the nearest cache.

#include <cstdint>

#include "base/context.h"
#include "kernels/loss/loss.h"
#include "tensor/tensor.h"

namespace fcn::tail {

/// Floats of scratch memory that ResizeArgMax needs for scores of this shape and contexts of up to this many threads.
int64_t ArgMaxScratchFloats(const Nhwc& scores, int threads);

/// labels[n,y,x] = argmax_c resized[n,y,x,c], where `resized` are the scores at the labels' height and width: the same
/// labels as resize::Bilinear and elementwise::ArgMax give, bit by bit. `scratch` is aligned as all tensors are.
void ResizeArgMax(TensorView<const float> scores, TensorView<int32_t> labels, float* scratch, const Context& context);

/// Floats of scratch memory that ResizeSoftmaxLoss needs.
int64_t LossScratchFloats(const Nhwc& scores, const Nhwc& labels, int threads);

/// loss::SoftmaxLoss of the scores at the labels' height and width, and its gradient by the scores as they are:
/// resize::BilinearGradient of loss::SoftmaxLossGradient. What each band adds to the loss, to the sum of weights and to
/// the rows of the gradient is summed band by band from the top, so that neither depends on the number of threads;
/// division by the sum of weights comes last. Throws and treats NaN as these do, except that a NaN reaches all four
/// scores around its pixel. `gradient` has the shape of the scores.
float ResizeSoftmaxLoss(TensorView<const float> scores, TensorView<const int32_t> labels, const loss::Options& options,
                        TensorView<float> gradient, float* scratch, const Context& context);

}  // namespace fcn::tail
