#pragma once

#include <string>

#include "formats/caffe/message.h"

namespace fcn {

// Caffe's upgrades of older files, in the order in which Caffe does them. `net` is a NetParameter; `file` is what
// messages call it. What Caffe's own upgrades refuse is an Error(kInput) that names the line; what they pass over is
// passed over.

/// The first generation, `layers { layer { … } }`, becomes the second: padding layers join the layer behind them.
void UpgradeCaffeV0(CaffeMessage& net, const std::string& file);

/// The second, `layers` with types as enumerations, becomes today's `layer`.
void UpgradeCaffeV1(CaffeMessage& net, const std::string& file);

/// Inputs of the net ("input", "input_dim", "input_shape") become a first layer "input" of type Input. One without
/// sizes, as trained weights have it, is left out, as in Caffe.
void UpgradeCaffeInputs(CaffeMessage& net, const std::string& file);

/// Names that other versions of Caffe gave to what it has as well: "hole" of a convolution becomes "dilation",
/// "ceil_mode" of a pooling "round_mode". Caffe's own name counts where both are there.
void RenameCaffeVariants(CaffeMessage& net);

/// Batch norms that speak of their three parameters do not learn them.
void UpgradeCaffeBatchNorms(CaffeMessage& net);

}  // namespace fcn
