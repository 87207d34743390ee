#pragma once

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>

namespace fcn {

// Foreign text (names of files and classes, what stands in files and flags) must not write escape sequences to
// somebody's terminal, nor pass for other text. Hidden characters (IsHidden of base/utf8.h) are written as \x1b or
// \u202e, bytes that are no UTF-8 as \xff; letters of any language, combining marks and emoji stay. Backslashes stay as
// well, so that text may go through these functions more than once.

/// Text of several lines, fit for a terminal: newlines stay.
std::string Printable(std::string_view text);

/// The same for messages, of which further lines begin with two spaces: other newlines are written as \n, so that no
/// name can begin a line of its own.
std::string PrintableMessage(std::string_view text);

/// Text fit for one line, as the path of a file is: newlines are written as \n.
std::string Shown(std::string_view text);
template <std::same_as<std::filesystem::path> Path>
std::string Shown(const Path& path) {
  return Shown(std::string_view(path.native()));
}

/// The same in quotes, and of long text the first 80 characters.
std::string Quoted(std::string_view text);

/// JSON with hidden characters written as its own \u escapes. `json` has its strings escaped already.
std::string PrintableJson(std::string_view json);

/// The first `count` characters at most, of valid UTF-8 or not.
std::string_view FirstCharacters(std::string_view text, size_t count);

}  // namespace fcn
