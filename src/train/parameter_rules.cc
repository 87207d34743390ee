#include "train/parameter_rules.h"

#include <algorithm>

#include "models/initialise.h"

namespace fcn {

ParameterRule RuleFor(const std::string& name, const Shape& shape, const RuleOptions& options) {
  const auto begins = [&](const std::string& prefix) { return name.starts_with(prefix); };
  const bool statistic = name.ends_with(".running_mean") || name.ends_with(".running_var");
  if (statistic || std::ranges::any_of(options.frozen, begins)) return {0, 0};

  ParameterRule rule;
  if (IsScoreParameter(name) || IsUpsamplingParameter(name)) rule.rate_multiplier *= options.head_multiplier;
  const RuleOptions::Prefix* longest = nullptr;
  for (const RuleOptions::Prefix& one : options.multipliers)
    if (begins(one.prefix) && (longest == nullptr || one.prefix.size() > longest->prefix.size())) longest = &one;
  if (longest != nullptr) rule.rate_multiplier *= longest->multiplier;
  const bool paper_bias = options.paper_bias && name.ends_with(".bias");
  if (paper_bias) rule.rate_multiplier *= 2;
  if (paper_bias || (shape.rank() <= 1 && !options.decay_rank1)) rule.decay_multiplier = 0;
  if (rule.frozen()) rule.decay_multiplier = 0;
  return rule;
}

}  // namespace fcn
