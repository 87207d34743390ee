#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "formats/weights_file.h"

namespace fcn {

/// Whether the bytes begin as a zip archive does.
bool LooksLikeZip(std::span<const uint8_t> bytes);

/// Reads what torch.save writes since torch 1.6: a zip with NAME/data.pkl, NAME/byteorder and one NAME/data/KEY per
/// storage, stored without compression; deflated entries are read as well. `bytes` are needed during the call only;
/// each storage is read once into a buffer that its tensors share, and its checksum is verified. `name` is what
/// messages call the file. Throws Error(kInput) where the archive is malformed or truncated, Error(kMemory) where its
/// entries would unpack to more than sixteen times its size, Error(kUnsupported) for big-endian files, TorchScript
/// archives, other zips and what Unpickle refuses, each with what to do about it, and what ExtractStateDict throws.
/// Source: the layout as torch/serialization.py (_save) writes it.
WeightsFile ParseTorchZip(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace fcn
