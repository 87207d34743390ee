#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fcn {

/// So many first bytes tell every format that DecodeImage reads.
inline constexpr size_t kPictureStart = 4096;

/// Throws as DecodeImage does where a file that begins so is no picture that it reads. For pipes, of which the rest
/// need not be waited for. `start` has kPictureStart bytes, or is the whole file.
void CheckPictureStart(std::span<const uint8_t> start, const std::string& name);

}  // namespace fcn
