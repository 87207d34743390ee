#pragma once

#include <string>

#include "fcn/verification.h"
#include "formats/safetensors.h"

namespace fcn {

/// The metadata key of a file's checksum: "xxh3-128:" and 32 hexadecimal digits. docs/formats.md says of which bytes.
inline constexpr char kChecksumKey[] = "fcn.checksum";

/// The checksum of tensors (names, types, shapes, elements) and of all other metadata. Reads every byte, some 10 GB a
/// second; the pages of mapped files are released on the way. Throws Error(kIo) where such a file changed meanwhile.
std::string ChecksumOf(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata);

/// What a file's checksum says of it. What is no checksum of any kind differs.
ChecksumResult CompareChecksum(const SafetensorsFile& file);

/// Throws Error(kInput) where a file has a checksum that differs; `where` (the file) begins the message.
void CheckChecksum(const SafetensorsFile& file, const std::string& where);

}  // namespace fcn
