#include "models/roles.h"

#include <algorithm>

namespace fcn {

bool IsRoleName(const std::string& name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_allowed = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !name.empty() && name.size() <= kLongestRoleName && is_letter(name[0]) &&
         std::ranges::all_of(name, is_allowed);
}

}  // namespace fcn
