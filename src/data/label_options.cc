#include "data/label_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "data/class_line.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"
#include "models/class_name.h"

namespace fcn {
namespace {

[[noreturn]] void Fail(const std::string& what, const std::string& hint) { throw Error(ErrorCode::kUsage, what, hint); }

void CheckMappings(const DatasetOptions& options) {
  constexpr int64_t kValues = 65536;
  std::map<std::tuple<std::string, bool, int64_t>, const LabelMapping*> seen;
  for (const LabelMapping& mapping : options.map) {
    const std::string& head = mapping.head.empty() && !options.heads.empty() ? options.heads[0] : mapping.head;
    if (!mapping.head.empty() && std::ranges::find(options.heads, head) == options.heads.end())
      Fail(fmt::format("--map {} is of no head of the data", MappingText(mapping)),
           options.heads.empty() ? "Labels of one head need no name: leave it out."
                                 : fmt::format("The heads are {}.", fmt::join(options.heads, ", ")));
    const auto [other, is_new] = seen.emplace(std::tuple(head, mapping.colour, mapping.from), &mapping);
    if (!is_new && (other->second->ignored != mapping.ignored || other->second->to != mapping.to))
      Fail(fmt::format("map sends the value {} to {} and to {}",
                       mapping.colour ? fmt::format("#{:06x}", mapping.from) : std::to_string(mapping.from),
                       other->second->ignored ? "ignore" : std::to_string(other->second->to),
                       mapping.ignored ? "ignore" : std::to_string(mapping.to)),
           "Map each value once.");
    if (!mapping.colour && (mapping.from < 0 || mapping.from >= kValues))
      Fail(fmt::format("--map {} is about no stored value: these are 0 to 65535", MappingText(mapping)),
           "Values beyond 255 are those of 16-bit PNGs.");
  }
}

}  // namespace

void CheckClassNames(const std::vector<std::string>& names) {
  if (names.size() > kMostClasses)
    Fail(fmt::format("{} classes are not between 1 and {}", names.size(), kMostClasses), "Name fewer.");
  std::set<std::string> seen;
  for (const std::string& name : names) {
    try {
      CheckClassName(name);
    } catch (const WrongLine& wrong) {
      Fail(fmt::format("one of the classes {}", wrong.what), wrong.hint);
    }
    if (!seen.insert(name).second)
      Fail(fmt::format("the class {} comes twice: it is named twice", Quoted(name)), "Class names differ.");
  }
}

bool IsClassCount(const std::vector<std::string>& classes) {
  return classes.size() == 1 && !classes[0].empty() && classes[0].size() < 6 &&
         std::ranges::all_of(classes[0], [](char c) { return c >= '0' && c <= '9'; });
}

size_t CountOfClasses(const std::vector<std::string>& classes) {
  return IsClassCount(classes) ? std::stoul(classes[0]) : classes.size();
}

void CheckLabelOptions(const DatasetOptions& options) {
  CheckClassNames(options.classes);
  const size_t count = CountOfClasses(options.classes);
  if (!options.classes.empty() && (count < 1 || count > kMostClasses))
    Fail(fmt::format("{} classes are not between 1 and {}", count, kMostClasses), "Choose another number.");
  if (count > 0 && !options.palette.empty() && options.palette.size() != count)
    Fail(fmt::format("palette has {} colours for {} classes", options.palette.size(), count),
         "Give a colour for each class, or none at all. A colour that does not count: --map '#e0e0c0:ignore'.");
  if (options.ignore_index < -1 || options.ignore_index > 65535)
    Fail(fmt::format("the ignore index {} is not between -1 and 65535", options.ignore_index),
         "It is a stored value of the labels; -1: none.");
  CheckMappings(options);
}

}  // namespace fcn
