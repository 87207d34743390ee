#include "cli/head_classes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "cli/class_list.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

/// The place of a head among those of the model.
std::optional<size_t> Find(const std::string& name, const std::vector<HeadInfo>& heads) {
  const auto head = std::ranges::find(heads, name, &HeadInfo::name);
  if (head == heads.end() || name.empty()) return std::nullopt;
  return static_cast<size_t>(head - heads.begin());
}

/// A member without a head's name: the chosen heads that have such a class, with their classes.
void AddOfAnyHead(const std::string& member, const std::vector<HeadInfo>& heads, const std::vector<int>& chosen,
                  std::vector<std::vector<int>>& classes) {
  std::optional<Error> nowhere;
  std::vector<std::string> where;
  for (const int head : chosen) {
    const HeadInfo& info = heads[static_cast<size_t>(head)];
    try {
      const std::vector<int> found = ParseClasses(member, info.classes);
      std::vector<int>& of_head = classes[static_cast<size_t>(head)];
      of_head.insert(of_head.end(), found.begin(), found.end());
      where.push_back(info.name);
    } catch (const Error& error) {
      if (!nowhere) nowhere = error;
    }
  }
  if (where.empty()) throw *nowhere;
  if (where.size() > 1)
    throw Error(ErrorCode::kUsage, fmt::format("{} may be of the heads {}", Quoted(member), fmt::join(where, ", ")),
                fmt::format("Say which: {}:{}.", where[0], member));
}

}  // namespace

std::vector<int> ChooseHeads(const std::string& text, const std::vector<HeadInfo>& heads) {
  std::vector<bool> is_chosen(heads.size(), text.empty());
  std::vector<std::string> names;
  names.reserve(heads.size());
  for (const HeadInfo& head : heads) names.push_back(head.name);
  if (!text.empty())
    for (const std::string& name : SplitMembers(text, "a head")) {
      const std::optional<size_t> head = Find(name, heads);
      if (!head) {
        const std::string nearest = NearestName(name, names);
        throw Error(ErrorCode::kUsage, fmt::format("the model has no head {}", Quoted(name)),
                    nearest.empty() ? "fcn info MODEL names its heads." : fmt::format("Did you mean {}?", nearest));
      }
      is_chosen[*head] = true;
    }
  std::vector<int> chosen;
  for (size_t i = 0; i < heads.size(); i++)
    if (is_chosen[i]) chosen.push_back(static_cast<int>(i));
  return chosen;
}

std::vector<std::vector<int>> ParseHeadClasses(const std::string& text, const std::vector<HeadInfo>& heads,
                                               const std::vector<int>& chosen) {
  if (heads.size() == 1) return {ParseClasses(text, heads[0].classes)};
  std::vector<std::vector<int>> classes(heads.size());
  for (const std::string& member : SplitMembers(text, "a class")) {
    const size_t colon = member.find(':');
    const std::optional<size_t> head = Find(std::string(Trimmed(std::string_view(member).substr(0, colon))), heads);
    if (colon == member.npos || !head) {
      AddOfAnyHead(member, heads, chosen, classes);
      continue;
    }
    if (std::ranges::find(chosen, static_cast<int>(*head)) == chosen.end())
      throw Error(ErrorCode::kUsage, fmt::format("the head {} is not one of --head", Quoted(heads[*head].name)),
                  "Name it there as well.");
    const std::vector<int> found = ParseClasses(member.substr(colon + 1), heads[*head].classes);
    classes[*head].insert(classes[*head].end(), found.begin(), found.end());
  }
  for (std::vector<int>& of_head : classes) {
    std::ranges::sort(of_head);
    of_head.erase(std::unique(of_head.begin(), of_head.end()), of_head.end());
  }
  return classes;
}

}  // namespace fcn::cli
