#pragma once

#include <string>

#include "formats/torch_tensor.h"
#include "formats/unpickler.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// The tensors of what torch.save wrote: of a state dict, or of the state dict that a checkpoint holds under
/// "state_dict", "model_state_dict" or "model" (looked for in this order, and again inside of what is found). Values
/// that are not tensors (epoch: 3) are passed over. Where every name begins with "module.", as DataParallel makes it,
/// that is taken off. Throws Error(kInput) where there are no tensors, naming the keys that are there, and what
/// `reader` throws. `file` is what messages call the file.
NamedTensors ExtractStateDict(const Pickle& pickle, TorchTensorReader& reader, const std::string& file);

}  // namespace fcn
