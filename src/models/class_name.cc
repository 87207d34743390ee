#include "models/class_name.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "fcn/text.h"

namespace fcn {

std::optional<WrongName> FindWrongName(std::string_view name) {
  if (name.empty()) return WrongName{"names no class", "Every class has a name."};
  if (name.size() > kLongestName)
    return WrongName{fmt::format("has a name of {} bytes", name.size()),
                     fmt::format("At most {} are read.", kLongestName)};
  if (!IsPlainText(name))
    return WrongName{fmt::format("has a control character, or is not UTF-8: {}", Quoted(name)),
                     "No model file could hold that name: write it as UTF-8, without control characters."};
  return std::nullopt;
}

}  // namespace fcn
