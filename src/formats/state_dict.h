#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "formats/torch_tensor.h"
#include "formats/unpickler.h"
#include "formats/weights_file.h"

namespace fcn {

/// The tensors of what torch.save wrote: of a state dict, or of a checkpoint that holds one or several in dicts, lists
/// and tuples inside of each other, eight deep at most. A dict's entries are named by their keys, a sequence's by their
/// numbers; a tensor has the names on its way, joined with dots. Which of them are a network's is for the reader to
/// say. Values that are no tensors (epoch: 3), entries whose key is no text (an optimiser's states) and opaque values
/// are passed over; a note names the latter, and tensors of kinds that are not read. What is reached twice is named by
/// its first, shortest way. Throws Error(kInput) where there are no tensors, naming the keys that are there;
/// Error(kUnsupported) with what to do where a whole module was pickled instead; and what `reader` throws. `bytes` is
/// the pickle, `file` what messages call the file.
WeightsFile ExtractStateDict(const Pickle& pickle, std::span<const uint8_t> bytes, TorchTensorReader& reader,
                             const std::string& file);

}  // namespace fcn
