#pragma once

#include "kernels/resize/resize.h"

namespace fcn::resize {

/// The gradient of Bilinear by its input: its adjoint. g has the shape of Bilinear's output, `output` that of its
/// input. Every input pixel gathers, in the order of output rows and columns, what the output pixels that read it have
/// times the weights they read it with.
void BilinearGradient(TensorView<const float> g, TensorView<float> output, const Context& context);

}  // namespace fcn::resize
