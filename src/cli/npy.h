#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "fcn/files.h"

namespace fcn::cli {

/// Writes float32 values as a NumPy array file (.npy, format version 1.0) of the given shape, in C order.
void WriteNpy(const std::filesystem::path& path, std::span<const float> values, const std::vector<int64_t>& shape,
              IfExists if_exists = IfExists::kReplace);

}  // namespace fcn::cli
