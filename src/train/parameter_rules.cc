#include "train/parameter_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/initialise.h"

namespace fcn {

ParameterRule RuleFor(const std::string& name, const Shape& shape, const RuleOptions& options) {
  const auto begins = [&](const std::string& prefix) { return name.starts_with(prefix); };
  const bool statistic = name.ends_with(".running_mean") || name.ends_with(".running_var");
  if (statistic || std::ranges::any_of(options.frozen, begins)) return {0, 0};

  ParameterRule rule;
  if (IsScoreParameter(name) || IsUpsamplingParameter(name)) rule.rate_multiplier *= options.head_multiplier;
  const NamedFactor* longest = nullptr;
  for (const NamedFactor& one : options.multipliers)
    if (begins(one.name) && (longest == nullptr || one.name.size() > longest->name.size())) longest = &one;
  if (longest != nullptr) rule.rate_multiplier *= longest->factor;
  const bool paper_bias = options.paper_bias && name.ends_with(".bias");
  if (paper_bias) rule.rate_multiplier *= 2;
  if (paper_bias || (shape.rank() <= 1 && !options.decay_rank1)) rule.decay_multiplier = 0;
  if (rule.frozen()) rule.decay_multiplier = 0;
  return rule;
}

void CheckBeginnings(const RuleOptions& options, const std::vector<std::string>& names) {
  const auto check = [&](const char* key, const std::string& beginning) {
    if (std::ranges::any_of(names, [&](const std::string& name) { return name.starts_with(beginning); })) return;
    constexpr size_t kShown = 6;
    std::vector<std::string> examples;  // the first of each part of the network
    std::set<std::string> parts;
    for (const std::string& name : names)
      if (parts.insert(name.substr(0, name.find('.'))).second && examples.size() < kShown) examples.push_back(name);
    throw Error(ErrorCode::kUsage, fmt::format("{}: no parameter's name begins with {}", key, Quoted(beginning)),
                fmt::format("Names of this network are, among others, {}.", fmt::join(examples, ", ")));
  };
  for (const NamedFactor& one : options.multipliers) check("lr_multipliers", one.name);
  for (const std::string& beginning : options.frozen) check("frozen", beginning);
}

}  // namespace fcn
