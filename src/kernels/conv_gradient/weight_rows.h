#pragma once

// The gradient by the weights of a convolution whose gradient is small, such as a network's first: for weight.cc alone.
//
// Where input pixels lie side by side, a window's row is kernel.w · inputs floats in a row, and that of the next window
// begins stride.w pixels further. So for each row of the kernel, a row of outputs is one transposed product of the
// gradient and of the input as they lie in memory: overlapping windows need no copies.

#include "kernels/conv_gradient/conv_gradient.h"

namespace fcn::conv_gradient {

/// Whether the gradient fits a second-level cache and rows are long enough.
bool SumsRowsInPlace(const ConvProblem& problem);

/// As WeightScratchFloats and RunWeight, for what SumsRowsInPlace takes.
int64_t WeightRowsScratchFloats(const ConvProblem& problem);
void RunWeightRows(const ConvProblem& problem, TensorView<const float> gradient, TensorView<const float> input,
                   float* output, float* scratch, const Context& context);

}  // namespace fcn::conv_gradient
