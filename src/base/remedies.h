#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace fcn {

// What many refusals tell people to do.

/// For a file that only another copy replaces: `kind` as in "safetensors file".
inline std::string GetAgain(std::string_view kind) {
  return fmt::format("The file is damaged, or no {}: get it again from where it came.", kind);
}

/// For our own mistakes.
inline constexpr const char* kReportBug =
    "This is a bug in fcn, not in your input: please report it with the command that led here.";

}  // namespace fcn
