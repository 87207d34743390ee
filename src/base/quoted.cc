#include "fcn/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"

namespace fcn {
namespace {

std::string EscapedByte(char byte) { return fmt::format("\\x{:02x}", static_cast<uint8_t>(byte)); }

std::string Escaped(char32_t c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return c < 0x80      ? fmt::format("\\x{:02x}", static_cast<uint32_t>(c))
             : c < 0x10000 ? fmt::format("\\u{:04x}", static_cast<uint32_t>(c))
                           : fmt::format("\\U{:08x}", static_cast<uint32_t>(c));
  }
}

std::string EscapedForJson(char32_t c) {
  const auto number = static_cast<uint32_t>(c);
  if (number < 0x10000) return fmt::format("\\u{:04x}", number);
  return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((number - 0x10000) >> 10), 0xdc00 + (number & 0x3ff));
}

/// Joiners and variation selectors are invisible but belong to emoji and to scripts from Arabic on.
bool IsPart(char32_t c, char32_t before, char32_t after) {
  const auto is_joined = [](char32_t neighbour) { return neighbour >= 0x600 && !IsHidden(neighbour); };
  const bool is_selector = c >= 0xfe00 && c <= 0xfe0f;
  if (is_selector) return is_joined(before) || before == 0xa9 || before == 0xae;
  // An emoji's selector may stand before a joiner.
  const bool is_joiner = c == 0x200c || c == 0x200d;
  return is_joiner && (is_joined(before) || before == 0xfe0f) && is_joined(after);
}

char32_t CharacterOrNone(std::string_view text) {
  return text.empty() || Utf8Length(text) == 0 ? 0 : Utf8Character(text);
}

enum class Newlines { kKept, kBeforeIndents, kEscaped };

template <typename Escape>
std::string EscapeHidden(std::string_view text, Newlines newlines, Escape escape) {
  std::string visible;
  visible.reserve(text.size());
  for (char32_t before = 0; !text.empty();) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      visible += EscapedByte(text[0]);
      text.remove_prefix(1);
      before = 0;
      continue;
    }
    const char32_t c = Utf8Character(text);
    const std::string_view character = text.substr(0, length);
    text.remove_prefix(length);
    const bool is_kept_newline =
        c == '\n' && (newlines == Newlines::kKept || (newlines == Newlines::kBeforeIndents && text.starts_with("  ")));
    const bool stays = !IsHidden(c) || is_kept_newline || IsPart(c, before, CharacterOrNone(text));
    if (stays)
      visible += character;
    else
      visible += escape(c);
    before = c;
  }
  return visible;
}

}  // namespace

std::string Printable(std::string_view text) { return EscapeHidden(text, Newlines::kKept, Escaped); }

std::string PrintableMessage(std::string_view text) { return EscapeHidden(text, Newlines::kBeforeIndents, Escaped); }

std::string Shown(std::string_view text) { return EscapeHidden(text, Newlines::kEscaped, Escaped); }

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 80;
  const std::string_view first = FirstCharacters(text, kLongest);
  return fmt::format("\"{}{}\"", Shown(first), first.size() < text.size() ? "..." : "");
}

std::string PrintableJson(std::string_view json) { return EscapeHidden(json, Newlines::kKept, EscapedForJson); }

std::string_view FirstCharacters(std::string_view text, size_t count) {
  size_t end = 0;
  for (; count > 0 && end < text.size(); count--) end += std::max<size_t>(1, Utf8Length(text.substr(end)));
  return text.substr(0, end);
}

}  // namespace fcn
