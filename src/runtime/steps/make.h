#pragma once

#include <memory>

#include "runtime/steps/step_kernel.h"

// One overload per operation: an operation without a kernel does not compile.
namespace fcn::steps {

using Made = std::unique_ptr<StepKernel>;

Made Make(const Conv2d& op, const StepSite& site);
Made Make(const Linear& op, const StepSite& site);
Made Make(const Deconv2d& op, const StepSite& site);
Made Make(const MaxPool& op, const StepSite& site);
Made Make(const AveragePool& op, const StepSite& site);
Made Make(const GlobalAveragePool& op, const StepSite& site);
Made MakePointwise(Activation function);
template <Activation function>
Made Make(const Pointwise<function>&, const StepSite&) {
  return MakePointwise(function);
}
Made Make(const LeakyRelu& op, const StepSite& site);
Made Make(const PRelu& op, const StepSite& site);
Made Make(const BatchNorm& op, const StepSite& site);
Made Make(const Add& op, const StepSite& site);
Made Make(const Multiply& op, const StepSite& site);
Made Make(const Scale& op, const StepSite& site);
Made Make(const Concat& op, const StepSite& site);
Made Make(const Crop& op, const StepSite& site);
Made Make(const Resize& op, const StepSite& site);
Made Make(const LocalResponseNorm& op, const StepSite& site);
Made Make(const Softmax& op, const StepSite& site);
Made Make(const Argmax& op, const StepSite& site);
Made Make(const Dropout& op, const StepSite& site);
Made Make(const Cast& op, const StepSite& site);
Made Make(const Quantise& op, const StepSite& site);
Made Make(const Dequantise& op, const StepSite& site);

// gradient_ops.h
Made Make(const RandomDropout& op, const StepSite& site);
Made Make(const Stretch& op, const StepSite& site);
Made Make(const BatchMoments& op, const StepSite& site);
Made Make(const Normalise& op, const StepSite& site);
Made Make(const NormaliseSums& op, const StepSite& site);
Made Make(const NormaliseGradient& op, const StepSite& site);
Made Make(const BatchNormSums& op, const StepSite& site);
Made Make(const BatchNormGradient& op, const StepSite& site);
Made Make(const SoftmaxLoss& op, const StepSite& site);
Made Make(const SoftmaxLossGradient& op, const StepSite& site);
Made Make(const ConvDataGradient& op, const StepSite& site);
Made Make(const ConvWeightGradient& op, const StepSite& site);
Made Make(const ChannelSums& op, const StepSite& site);
Made Make(const MultiplyGradient& op, const StepSite& site);
Made Make(const LinearDataGradient& op, const StepSite& site);
Made Make(const LinearWeightGradient& op, const StepSite& site);
Made Make(const MaxPoolGradient& op, const StepSite& site);
Made Make(const AveragePoolGradient& op, const StepSite& site);
Made Make(const GlobalAveragePoolGradient& op, const StepSite& site);
Made MakePointwiseGradient(Activation function);
template <Activation function>
Made Make(const PointwiseGradient<function>&, const StepSite&) {
  return MakePointwiseGradient(function);
}
Made Make(const LeakyReluGradient& op, const StepSite& site);
Made Make(const PReluGradient& op, const StepSite& site);
Made Make(const SlopeGradient& op, const StepSite& site);
Made Make(const LocalResponseNormGradient& op, const StepSite& site);
Made Make(const SoftmaxGradient& op, const StepSite& site);
Made Make(const SliceChannels& op, const StepSite& site);
Made Make(const CropGradient& op, const StepSite& site);
Made Make(const ResizeGradient& op, const StepSite& site);
Made Make(const StretchGradient& op, const StepSite& site);

}  // namespace fcn::steps
