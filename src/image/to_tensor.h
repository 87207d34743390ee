#pragma once

#include "base/context.h"
#include "fcn/image.h"
#include "fcn/preprocessing.h"
#include "fcn/raster.h"
#include "tensor/tensor.h"

namespace fcn {

/// What networks take: out(y, x, c) = (value − mean[c]) · (1 / deviation[c]) in float32. A sample of 0 is the value
/// `least`, the largest of its integer type `most`; floats are values as they are. With kLogs, out = (log(value) −
/// mean[c]) · (1 / deviation[c]), and 0 of values that are not above 0. Mean and deviation are in the order
/// of the output's channels; those of kBgr are the reverse of the picture's bands. `out` is 1×H×W×bands with the
/// picture's size, of any pixel stride (FCN_CHECKed). Throws Error(kInput) for a picture that is not what the
/// preprocessing is of: another number of bands, or for kRgb and kBgr no picture in colour.
void ToTensor(const Raster& raster, const Preprocessing& preprocessing, TensorView<float> out, const Context& context);
void ToTensor(const Image& image, const Preprocessing& preprocessing, TensorView<float> out, const Context& context);

}  // namespace fcn
