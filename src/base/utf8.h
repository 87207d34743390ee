#pragma once

#include <cstddef>
#include <string_view>

namespace fcn {

/// How many bytes at the beginning are one character of UTF-8; 0 where they are none (RFC 3629). `text` is not empty.
size_t Utf8Length(std::string_view text);

/// The character at the beginning; Utf8Length(text) is not 0.
char32_t Utf8Character(std::string_view text);

/// Whether a character acts on a terminal, or shows nothing and can hide or reorder what stands beside it: control
/// characters (C0, DEL, C1), separators of lines and paragraphs, interlinear annotation, and those that Unicode calls
/// default-ignorable (bidirectional controls, zero-width characters, fillers, variation selectors, tags).
bool IsHidden(char32_t c);

/// Whether all of it is UTF-8 without control characters, so that files and terminals can hold it.
bool IsPlainText(std::string_view text);

}  // namespace fcn
