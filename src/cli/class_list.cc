#include "cli/class_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

int CheckedIndex(int64_t index, const std::vector<std::string>& classes) {
  if (index < 0 || index >= static_cast<int64_t>(classes.size()))
    throw Error(ErrorCode::kUsage, fmt::format("there is no class {}", index),
                fmt::format("The model's classes are 0 to {}.", classes.size() - 1));
  return static_cast<int>(index);
}

bool AppendNamed(std::string_view name, const std::vector<std::string>& classes, std::vector<int>& found) {
  bool any = false;
  for (size_t i = 0; i < classes.size(); i++)
    if (LowerCase(classes[i]) == LowerCase(name)) {  // some of ImageNet's names stand for two classes: both are meant
      found.push_back(static_cast<int>(i));
      any = true;
    }
  return any;
}

void AppendPart(const std::string& part, const std::vector<std::string>& classes, std::vector<int>& found) {
  if (AppendNamed(part, classes, found)) return;
  if (const auto index = ParseWhole(part)) {
    found.push_back(CheckedIndex(*index, classes));
    return;
  }
  const size_t dash = part.find('-');
  if (dash != std::string::npos) {
    const auto first = ParseWhole(std::string_view(part).substr(0, dash));
    const auto last = ParseWhole(std::string_view(part).substr(dash + 1));
    if (first && last) {
      if (*first > *last)
        throw Error(ErrorCode::kUsage, fmt::format("the range {} is empty", part), "Give the smaller index first.");
      const int end = CheckedIndex(*last, classes) + 1;
      for (int i = CheckedIndex(*first, classes); i < end; i++) found.push_back(i);
      return;
    }
  }
  const std::string nearest = NearestName(part, classes);
  throw Error(ErrorCode::kUsage, fmt::format("there is no class {}", Quoted(part)),
              (nearest.empty() ? "" : fmt::format("Did you mean \"{}\"? ", nearest)) +
                  "fcn info MODEL --json lists the classes.");
}

}  // namespace

std::vector<int> ParseClasses(const std::string& text, const std::vector<std::string>& classes) {
  std::vector<int> found;
  if (AppendNamed(Trimmed(text), classes, found)) return found;
  const std::vector<std::string> members = SplitMembers(text, "a class");
  if (members.empty()) throw WrongValue{"names no class"};
  for (const std::string& member : members) AppendPart(member, classes, found);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace fcn::cli
