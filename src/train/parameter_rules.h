#pragma once

#include <string>
#include <vector>

#include "fcn/train_config.h"
#include "tensor/shape.h"

namespace fcn {

/// How the parameters of a network differ in training.
struct RuleOptions {
  bool paper_bias = false;     ///< biases learn twice as fast and do not decay, as in Long et al. 2015
  bool decay_rank1 = false;    ///< whether parameters of rank 1 (biases, batch norms) decay
  double head_multiplier = 1;  ///< of the rate of layers that give or upsample scores
  std::vector<NamedFactor> multipliers =
      {};                                ///< of the rate, by how a name begins; the longest prefix that fits counts
  std::vector<std::string> frozen = {};  ///< parameters whose names begin with one of these are not trained
  UpsamplingMethod upsampling = UpsamplingMethod::kUsual;  ///< what it keeps bilinear is not trained (RulesOf)
};

/// What the schedule's rate and the weight decay are multiplied with for one parameter.
struct ParameterRule {
  double rate_multiplier = 1, decay_multiplier = 1;
  /// Needs neither a gradient nor optimiser state.
  bool frozen() const { return rate_multiplier == 0; }
  bool operator==(const ParameterRule&) const = default;
};

/// The rule of a parameter by its name in torch's manner. Multipliers of several options are multiplied. Running
/// statistics of batch norms are never trained by gradients: both multipliers are 0, as those of frozen parameters are.
ParameterRule RuleFor(const std::string& name, const Shape& shape, const RuleOptions& options);

/// Throws Error(kUsage) where a beginning in the options is that of none of the names: a misspelt one would do nothing.
void CheckBeginnings(const RuleOptions& options, const std::vector<std::string>& names);

}  // namespace fcn
