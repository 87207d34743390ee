#pragma once

#include <string>
#include <string_view>

namespace fcn {

/// A word of a hostile file, fit for an error message: in quotes, cut, and whatever is not printable ASCII as "?".
inline std::string QuotedName(std::string_view word) {
  std::string quoted = "\"";
  for (char c : word.substr(0, 80)) quoted += c >= ' ' && c <= '~' ? c : '?';
  return quoted + '"';
}

}  // namespace fcn
