#pragma once

#include "tensor/named_tensors.h"

namespace fcn {

/// Weights in half the bytes, for storage alone: tensors of rank 2 and more are rounded to IEEE half; vectors (biases,
/// batch norms), which are small and where a variance may lie outside of half's range, stay as they are. Throws
/// Error(kInput) naming a tensor with a value that half cannot hold.
NamedTensors ToHalf(const NamedTensors& weights);

}  // namespace fcn
