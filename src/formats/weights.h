#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "formats/weights_file.h"

namespace fcn {

/// What is in a weights file, whatever its name: safetensors, torch.save's two forms or a .caffemodel (its tensors as
/// CaffeTensors names them), told by the content. Throws Error(kIo) where it cannot be read, Error(kInput) or
/// Error(kUnsupported) for anything else, saying what the file seems to be and what to do, and what the format's own
/// reader throws.
WeightsFile ReadWeights(const std::filesystem::path& path);

/// The same from memory that `owner` keeps alive; `name` is what messages call the file.
WeightsFile ParseWeights(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                         const std::string& name);

}  // namespace fcn
