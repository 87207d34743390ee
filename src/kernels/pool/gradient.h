#pragma once

// The gradients of pool.h's functions by their input; g is the gradient by the output. Every pixel of `output` is
// written, those that no window covers with 0. Each gathers what windows give it in a fixed order.

#include "kernels/pool/pool.h"

namespace fcn::pool {

/// Each window's g goes to its largest value; of equal ones to the first, row by row, and to the last NaN where the
/// window has one, as torch does.
void MaxGradient(const Window& window, TensorView<const float> g, TensorView<const float> input,
                 TensorView<float> output, const Context& context);

/// The same out of what MaxWithWinners noted, without the input.
void MaxGradientOfWinners(const Window& window, TensorView<const float> g, const uint8_t* winners,
                          TensorView<float> output, const Context& context);

/// Each window's g, over its divisor, goes to all its pixels. `output` has the shape of Average's input.
void AverageGradient(const Window& window, bool count_padding, TensorView<const float> g, TensorView<float> output,
                     const Context& context);

/// g (N×1×1×C) over the number of pixels, at each pixel of `output`.
void GlobalAverageGradient(TensorView<const float> g, TensorView<float> output, const Context& context);

}  // namespace fcn::pool
