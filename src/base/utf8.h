#pragma once

#include <cstddef>
#include <string_view>

namespace fcn {

/// How many bytes at the beginning are one character of UTF-8; 0 where they are none (RFC 3629). `text` is not empty.
size_t Utf8Length(std::string_view text);

/// Whether all of it is UTF-8 without control characters, so that files and terminals can hold it.
bool IsPlainText(std::string_view text);

}  // namespace fcn
