#include "cli/class_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/nearest_name.h"
#include "fcn/error.h"

namespace fcn::cli {
namespace {

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<int> ParseIndex(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int CheckedIndex(int index, const std::vector<std::string>& classes) {
  if (index < 0 || index >= static_cast<int>(classes.size()))
    throw Error(ErrorCode::kUsage, fmt::format("there is no class {}", index),
                fmt::format("The model's classes are 0 to {}.", classes.size() - 1));
  return index;
}

bool AppendNamed(const std::string& name, const std::vector<std::string>& classes, std::vector<int>& found) {
  bool any = false;
  for (size_t i = 0; i < classes.size(); i++)
    if (Lower(classes[i]) == Lower(name)) {  // some of ImageNet's names stand for two classes: both are meant
      found.push_back(static_cast<int>(i));
      any = true;
    }
  return any;
}

void AppendPart(const std::string& part, const std::vector<std::string>& classes, std::vector<int>& found) {
  if (AppendNamed(part, classes, found)) return;
  if (const auto index = ParseIndex(part)) {
    found.push_back(CheckedIndex(*index, classes));
    return;
  }
  const size_t dash = part.find('-');
  if (dash != std::string::npos) {
    const auto first = ParseIndex(std::string_view(part).substr(0, dash));
    const auto last = ParseIndex(std::string_view(part).substr(dash + 1));
    if (first && last) {
      CheckedIndex(*first, classes);
      if (*first > *last)
        throw Error(ErrorCode::kUsage, fmt::format("the range {} is empty", part), "Give the smaller index first.");
      for (int i = *first; i <= CheckedIndex(*last, classes); i++) found.push_back(i);
      return;
    }
  }
  const std::string nearest = NearestName(part, classes);
  throw Error(ErrorCode::kUsage, fmt::format("there is no class \"{}\"", part),
              (nearest.empty() ? "" : fmt::format("Did you mean \"{}\"? ", nearest)) +
                  "fcn info MODEL --json lists the classes.");
}

}  // namespace

std::vector<int> ParseClasses(const std::string& text, const std::vector<std::string>& classes) {
  std::vector<int> found;
  if (AppendNamed(text, classes, found)) return found;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t comma = std::min(text.find(',', begin), text.size());
    const size_t first = text.find_first_not_of(' ', begin);
    AppendPart(first >= comma ? "" : text.substr(first, comma - first), classes, found);
    begin = comma + 1;
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace fcn::cli
