#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fcn {

/// What is wrong with a name, as in "has a name of 2000 bytes", and what to do about it.
struct WrongName {
  std::string what, hint;
};

/// Why a class cannot be called so; nothing where it can. The one rule for class files, flags, configurations and
/// models: a name has 1 to 1000 bytes of UTF-8 without control characters, so that files and terminals can hold it.
std::optional<WrongName> FindWrongName(std::string_view name);

}  // namespace fcn
