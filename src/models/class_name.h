#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fcn {

/// Of a model, a data set or a list: labels are 16 bits, and the two highest have a meaning of their own
/// (data/label_reader.h).
inline constexpr size_t kMostClasses = 65534;
/// Bytes of a name, of a class as of a model.
inline constexpr size_t kLongestName = 1000;

/// What is wrong with a name, as in "has a name of 2000 bytes", and what to do about it.
struct WrongName {
  std::string what, hint;
};

/// Why a class cannot be called so; nothing where it can. The one rule for class files, flags, configurations and
/// models: a name has 1 to kLongestName bytes of UTF-8 without control characters, so that files and terminals can hold
/// it.
std::optional<WrongName> FindWrongName(std::string_view name);

}  // namespace fcn
