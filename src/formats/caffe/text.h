#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "formats/caffe/message.h"

namespace fcn {

/// Reads a message in protobuf's text form, as prototxt files are: `type` is "NetParameter" or "SolverParameter".
/// `name` is what messages call the file. Fields that caffe.proto does not have are kept by name. Throws Error(kInput)
/// that names file and line for what is malformed, and where a bound of docs/formats.md is exceeded.
CaffeMessage ParseCaffeText(std::string_view text, const char* type, const std::string& name);

/// A prototxt's text. Throws Error(kIo) where it cannot be read, Error(kInput) or Error(kUnsupported) where it has more
/// bytes than a prototxt has or is recognised as something else.
std::string ReadCaffeText(const std::filesystem::path& path);

}  // namespace fcn
