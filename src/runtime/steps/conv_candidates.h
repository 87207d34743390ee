#pragma once

#include <span>

#include "runtime/steps/conv_family.h"

namespace fcn::steps {

/// The kernels of convolutions, in the order in which they are asked (FirstThatFits).
std::span<const ConvFamily> ConvCandidates();

/// Those of the gradient of a convolution by its input. The problem is the convolution's.
std::span<const ConvFamily> DataGradientCandidates();

/// Those of the gradient by its weights.
std::span<const WeightGradientFamily> WeightGradientCandidates();

}  // namespace fcn::steps
