#include "base/quoted.h"

namespace fcn {

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 80;
  std::string quoted = "\"";
  for (char c : text.substr(0, kLongest)) quoted += c >= 0x20 && c < 0x7f ? c : '?';
  if (text.size() > kLongest) quoted += "...";
  return quoted + "\"";
}

}  // namespace fcn
