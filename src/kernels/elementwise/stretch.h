#pragma once

#include <cstdint>

#include "base/context.h"
#include "tensor/geometry.h"
#include "tensor/tensor.h"

namespace fcn::elementwise {

/// The input with some rows and columns repeated: row `at.top` from the top `more.top` more times, row `at.bottom` from
/// the bottom `more.bottom` more times, columns likewise. On an axis with repetitions the two are different, the first
/// before the last. `output` has the input's size and the repetitions, and may not overlap it.
void Stretch(TensorView<const float> input, const Padding& at, const Padding& more, TensorView<float> output,
             const Context& context);

/// The adjoint: each row and column of the output is the sum of g's over its repetitions, row by row and in each from
/// left to right. `output` has g's size without the repetitions, and may not overlap it.
void StretchGradient(TensorView<const float> g, const Padding& at, const Padding& more, TensorView<float> output,
                     const Context& context);

}  // namespace fcn::elementwise
