#pragma once

// What the rules of shapes.cc and gradient_shapes.cc share.

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "fcn/error.h"
#include "graph/ops.h"
#include "graph/remedies.h"
#include "tensor/shape.h"

namespace fcn::shape_rules {

inline constexpr int64_t kMostElements = int64_t{1} << 40;

/// What a node reads.
struct Operands {
  std::vector<Nhwc> activations;
  std::vector<const Shape*> parameters;
  const Nhwc& x() const { return activations[0]; }
  const Nhwc& like() const { return activations[1]; }
};

template <typename... Args>
[[noreturn]] void Fail(fmt::format_string<Args...> message, Args&&... args) {
  throw Error(ErrorCode::kInput, fmt::format(message, std::forward<Args>(args)...), kBadShape);
}

void CheckParameter(const char* what, const Shape& shape, const Shape& needed);

/// The output of a sliding window, with `c` channels. Throws Error(kInput) where the padded image is smaller.
Nhwc WindowsOf(const Nhwc& x, Size2 kernel, Size2 stride, Size2 dilation, const Padding& padding, bool ceil, int64_t c);

/// The shape of g and of something that has the same.
Nhwc SameOfBoth(const char* what, const Operands& in);

/// That y is what x can be multiplied by.
void CheckFactor(const Nhwc& x, const Nhwc& y);

Nhwc ShapeOf(const RandomDropout& op, const Operands& in);
Nhwc ShapeOf(const Stretch& op, const Operands& in);
Nhwc ShapeOf(const BatchMoments& op, const Operands& in);
Nhwc ShapeOf(const Normalise& op, const Operands& in);
Nhwc ShapeOf(const NormaliseSums& op, const Operands& in);
Nhwc ShapeOf(const NormaliseGradient& op, const Operands& in);
Nhwc ShapeOf(const BatchNormSums& op, const Operands& in);
Nhwc ShapeOf(const BatchNormGradient& op, const Operands& in);
Nhwc ShapeOf(const SoftmaxLoss& op, const Operands& in);
Nhwc ShapeOf(const SoftmaxLossGradient& op, const Operands& in);
Nhwc ShapeOf(const ConvDataGradient& op, const Operands& in);
Nhwc ShapeOf(const ConvWeightGradient& op, const Operands& in);
Nhwc ShapeOf(const ChannelSums& op, const Operands& in);
Nhwc ShapeOf(const MultiplyGradient& op, const Operands& in);
Nhwc ShapeOf(const LinearDataGradient& op, const Operands& in);
Nhwc ShapeOf(const LinearWeightGradient& op, const Operands& in);
Nhwc ShapeOf(const MaxPoolGradient& op, const Operands& in);
Nhwc ShapeOf(const AveragePoolGradient& op, const Operands& in);
Nhwc ShapeOf(const GlobalAveragePoolGradient& op, const Operands& in);
template <Activation function>
Nhwc ShapeOf(const PointwiseGradient<function>&, const Operands& in) {
  return SameOfBoth("activation", in);
}
Nhwc ShapeOf(const LeakyReluGradient& op, const Operands& in);
Nhwc ShapeOf(const PReluGradient& op, const Operands& in);
Nhwc ShapeOf(const SlopeGradient& op, const Operands& in);
Nhwc ShapeOf(const LocalResponseNormGradient& op, const Operands& in);
Nhwc ShapeOf(const SoftmaxGradient& op, const Operands& in);
Nhwc ShapeOf(const CropGradient& op, const Operands& in);
Nhwc ShapeOf(const ResizeGradient& op, const Operands& in);
Nhwc ShapeOf(const StretchGradient& op, const Operands& in);

}  // namespace fcn::shape_rules
