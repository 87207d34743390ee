#pragma once

#include <cstdint>
#include <span>

namespace fcn {

/// A format that fcn does not read, but knows by name, so that messages can say what a file is.
struct ForeignFormat {
  const char* name;            ///< with its article, as in "NAME is … file"
  const char* hint = nullptr;  ///< what to do about it; nullptr: convert it
};

/// By the content alone: the first bytes, and TGA's last ones. nullptr where it is none of them.
const ForeignFormat* FindForeignFormat(std::span<const uint8_t> bytes);

}  // namespace fcn
