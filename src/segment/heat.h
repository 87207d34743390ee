#pragma once

#include <span>
#include <vector>

#include "base/context.h"
#include "tensor/tensor.h"

namespace fcn {

/// The summed probability of some classes at every pixel, height × width values in [0, 1]: summed on the coarse grid on
/// which the network computes them (1×h×w×classes), resized bilinearly to the network's input, of which the upper left
/// width × height pixels are the picture.
std::vector<float> ClassHeat(TensorView<const float> coarse_probabilities, std::span<const int> classes,
                             const Nhwc& input, int width, int height, const Context& context);

}  // namespace fcn
