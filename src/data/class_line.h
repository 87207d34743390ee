#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcn/image.h"

namespace fcn {

/// A line of a class file: a name, and what stands beside it.
struct ClassLine {
  std::string name;
  std::optional<Colour> colour;
  bool quoted = false;
  bool has_alpha =
      false;  ///< four numbers behind the name, the last of them 255: the last three are the colour, or not

  /// A single number before or behind the name: its stored value, or a part of it, which only all lines together tell.
  struct Number {
    int64_t value = 0;
    std::string rest;        ///< the name without it
    bool separated = false;  ///< by more than spaces: "0,road", "road: 0"
  };
  std::optional<Number> before, behind;
};

/// What is wrong with a line, for people.
struct WrongLine {
  std::string what, hint;
};

/// Whether a line of a class file says nothing: "# …", but "#804080 road" is a class.
bool IsComment(std::string_view line);

/// Takes a line apart that is neither blank nor a comment: a name, with a colour before or behind it as three numbers
/// of 0 to 255 or as #804080, with spaces, tabs, or any of , ; : = | between, in brackets or not. A name in quotes is
/// taken as it is. Throws WrongLine for what looks like a colour and is none (two numbers, 300, #80000), for a colour
/// without a name, for what belongs to other formats (comments behind a name, list marks as in "- road" and "0. road",
/// arrows, brackets, lines without a letter or digit), and for a name that no file can hold (control characters, no
/// UTF-8, more than 1000 bytes), and as CheckLineLength.
ClassLine ParseClassLine(std::string_view line);

/// Throws WrongLine for a line that is longer than any class with its colour: 4000 bytes.
void CheckLineLength(std::string_view line);

/// Throws WrongLine where a class cannot be called so.
void CheckClassName(std::string_view name);

}  // namespace fcn
