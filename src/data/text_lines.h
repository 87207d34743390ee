#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "fcn/error.h"
#include "fcn/option_text.h"

namespace fcn {

/// Calls body(line, number) for each line that is not blank. A byte order mark is skipped, as some editors write it;
/// lines end with LF, CR LF or CR. Throws Error(kInput) for a zero byte, and names UTF-16 where it looks like that.
template <typename Body>
void ForEachLine(std::string_view text, const std::string& name, Body body) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    throw Error(ErrorCode::kInput, fmt::format("{} is UTF-16", name), "Save it as UTF-8.");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (size_t number = 1; !text.empty(); number++) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : std::min(end + 1, text.size()));
    if (line.find('\0') != line.npos)
      throw Error(ErrorCode::kInput, fmt::format("{} is no text: line {} has a zero byte", name, number),
                  "Save it as plain text in UTF-8.");
    if (!line.empty()) body(line, number);
  }
}

}  // namespace fcn
