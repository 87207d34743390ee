#pragma once

#include <array>

#include "base/context.h"
#include "fcn/image.h"
#include "tensor/tensor.h"

namespace fcn {

/// The order of channels that a network was trained with: torch's networks take RGB, Caffe's BGR.
enum class ChannelOrder { kRgb, kBgr };

/// What networks take: out(y, x, c) = (value − mean[c]) · scale[c] in float32, with values of 0 to 255. Mean and scale
/// are in the order of the output's channels. `out` is 1×H×W×3 with the image's size, of any pixel stride
/// (FCN_CHECKed).
void ToTensor(const Image& image, const std::array<float, 3>& mean, const std::array<float, 3>& scale,
              ChannelOrder order, TensorView<float> out, const Context& context);

}  // namespace fcn
