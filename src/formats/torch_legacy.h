#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "formats/weights_file.h"

namespace fcn {

/// Whether the bytes begin as torch.save's files did before torch 1.6 (and do with
/// _use_new_zipfile_serialization=False).
bool LooksLikeTorchLegacy(std::span<const uint8_t> bytes);

/// Reads that form: the pickles of a magic number, a protocol version, the writing system's properties, the object and
/// a list of storage keys; then for each key a 64-bit count of elements and the raw elements. Tensors that are
/// contiguous point into `bytes`, which `owner` keeps alive; `name` is what messages call the file. Throws
/// Error(kInput) where the file is malformed or truncated, Error(kUnsupported) for big-endian files and for what
/// Unpickle refuses, and what ExtractStateDict throws. Allocates a small multiple of the pickles and, for strided
/// tensors, at most four times the file. Source: the layout as torch/serialization.py (_legacy_save) writes it.
WeightsFile ParseTorchLegacy(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                             const std::string& name);

}  // namespace fcn
