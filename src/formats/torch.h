#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "formats/weights_file.h"

namespace fcn {

/// The tensors of a state dict that torch.save wrote, in either of its forms, told by the content. Throws Error(kIo)
/// where the file cannot be read, Error(kInput) where it is neither form, and what ParseTorchLegacy and ParseTorchZip
/// throw.
WeightsFile ReadTorch(const std::filesystem::path& path);

/// The same from memory that `owner` keeps alive; `name` is what messages call the file.
WeightsFile ParseTorch(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                       const std::string& name);

}  // namespace fcn
