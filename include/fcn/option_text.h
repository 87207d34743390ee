#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/image.h"

/// How flags and keys of a configuration are written, the same everywhere: lists have commas between their members, and
/// spaces around a member do not count. A flag that is repeated says the same as one with commas between.
namespace fcn {

/// What stands between words of a line.
inline constexpr std::string_view kBlanks = " \t\r\v\f";

/// Without the blanks at both ends.
FCN_API std::string_view Trimmed(std::string_view text, std::string_view blanks = kBlanks);

/// With a to z in place of A to Z; other letters stay.
FCN_API std::string LowerCase(std::string_view text);

/// What is wrong with a text, as words that follow its flag or key: "has \"x\", which is not a colour".
struct FCN_API WrongValue {
  std::string what;
};

/// The members of a list; none of a blank text. Throws WrongValue for an empty member, which is not `form` ("a name").
FCN_API std::vector<std::string> SplitMembers(std::string_view text, std::string_view form);

/// #804080 and 128,64,128, as many as there are. Throws WrongValue.
FCN_API std::vector<Colour> ParseColours(std::string_view text);
/// VALUE:CLASS, VALUE:ignore, and the same with a colour (#804080:1; 128,64,128:ignore), each behind HEAD= where it is
/// of another head than the first (geometry=255:1). Throws WrongValue for another form; that values and classes are in
/// range, and heads there, is CheckLabelOptions' to say.
FCN_API std::vector<LabelMapping> ParseMappings(std::string_view text);

/// Throws Error(kUsage) where names cannot be classes' names (at most 65,534, UTF-8, no control characters), or one
/// comes twice.
FCN_API void CheckClassNames(const std::vector<std::string>& names);

/// All of `text` as a whole decimal number.
FCN_API std::optional<int64_t> ParseWhole(std::string_view text);
/// WIDTHxHEIGHT.
FCN_API std::optional<std::pair<int64_t, int64_t>> ParseWidthHeight(std::string_view text);

/// As ParseColours and ParseMappings read them back: `#804080`, `255:1`, `#e0e0c0:ignore`, `geometry=255:1`.
FCN_API std::string ColourText(const Colour& colour);
FCN_API std::string MappingText(const LabelMapping& mapping);

}  // namespace fcn
