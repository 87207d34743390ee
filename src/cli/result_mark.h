#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace fcn::cli {

/// Adds to a PNG that fcn segment writes it: a tEXt chunk, "Software: fcn segment". Its pixels stay as they are.
std::vector<uint8_t> WithResultMark(std::vector<uint8_t> png);

/// Whether a file is a PNG with that mark. Throws Error(kIo) where it cannot be read.
bool HasResultMark(const std::filesystem::path& file);

}  // namespace fcn::cli
