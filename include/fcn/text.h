#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "fcn/export.h"

namespace fcn {

// Foreign text (names of files and classes, what stands in files and flags) must not write escape sequences to
// somebody's terminal, nor pass for other text. Hidden characters (control characters, invisible and bidirectional
// formatting) are written as \x1b or \u202e, bytes that are no UTF-8 as \xff; letters of any language, combining marks
// and emoji stay. Backslashes stay as well, so that text may go through these functions more than once.

/// Text of several lines, fit for a terminal: newlines stay.
FCN_API std::string Printable(std::string_view text);

/// The same for messages, of which further lines begin with two spaces: other newlines are written as \n, so that no
/// name can begin a line of its own.
FCN_API std::string PrintableMessage(std::string_view text);

/// Text fit for one line, as the path of a file is: newlines are written as \n.
FCN_API std::string Shown(std::string_view text);
template <std::same_as<std::filesystem::path> Path>
std::string Shown(const Path& path) {
  return Shown(std::string_view(path.native()));
}

/// The same in quotes, and of long text the first 80 characters.
FCN_API std::string Quoted(std::string_view text);

/// JSON with hidden characters written as its own `\u` escapes. `json` has its strings escaped already.
FCN_API std::string PrintableJson(std::string_view json);

/// The first `count` characters at most, of valid UTF-8 or not.
FCN_API std::string_view FirstCharacters(std::string_view text, size_t count);

/// The fewest letters to insert, delete or change that make one word the other (Levenshtein's distance).
FCN_API size_t EditDistance(std::string_view a, std::string_view b);

/// The candidate that a mistyped word most likely meant, by Levenshtein's distance over the first 64 letters; empty
/// where none is nearer than half its length.
FCN_API std::string NearestName(std::string_view word, std::span<const std::string> candidates);

}  // namespace fcn
