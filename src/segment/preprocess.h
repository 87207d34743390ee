#pragma once

#include "base/context.h"
#include "fcn/image.h"
#include "fcn/preprocessing.h"
#include "fcn/raster.h"
#include "tensor/tensor.h"

namespace fcn {

/// A picture as the network's input, 1×H×W×bands. Where `size` is larger than the picture (networks need some pixels),
/// the last row and column are repeated to the right and below. Throws as ToTensor does, and Error(kMemory).
Tensor NetworkInput(const Image& image, const Nhwc& size, const Preprocessing& preprocessing, const Context& context);
Tensor NetworkInput(const Raster& picture, const Nhwc& size, const Preprocessing& preprocessing,
                    const Context& context);

/// The picture's middle at the classifier's scale: resized, then cropped, as `preprocessing` says.
Image ClassifierCrop(const Image& image, const Preprocessing& preprocessing, const Context& context);
/// The same of a picture of any bands. Throws Error(kUnsupported) where its samples have more than 8 bits.
Raster ClassifierCrop(const Raster& picture, const Preprocessing& preprocessing, const Context& context);

}  // namespace fcn
