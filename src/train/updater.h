#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "graph/graph.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/optimiser.h"
#include "train/parameter_rules.h"
#include "train/parameters.h"
#include "train/training_step.h"

namespace fcn {

/// The rule of each parameter of a network, by its name.
using ParameterRules = std::map<std::string, ParameterRule>;
ParameterRules RulesOf(const Graph& network, const RuleOptions& options);

/// Bytes of the weights, their averages and the solver's states, which is also what a checkpoint has.
int64_t StateBytes(const TrainConfig& config, const Graph& network, const std::vector<TrainedParameter>& trained);

/// The weights of a network while it learns, and all that changes them: solver, running statistics of
/// batch norms, moving average.
class Updater {
 public:
  /// Begins with these weights. `trained` are the parameters that get gradients.
  Updater(const TrainConfig& config, std::shared_ptr<const Graph> network, const std::vector<TrainedParameter>& trained,
          Parameters weights, const Context& context);
  /// Goes on with what a checkpoint holds. Throws as CheckResumes, and Error(kInput) where a value is infinite or no
  /// number; `where` (the file) begins the message.
  Updater(const TrainConfig& config, std::shared_ptr<const Graph> network, const std::vector<TrainedParameter>& trained,
          const Checkpoint& checkpoint, const std::string& where, const Context& context);

  /// What the network learns with, and what is validated and kept: the moving average where there is one.
  const Parameters& weights() const { return weights_; }
  const Parameters& evaluated() const { return has_average() ? average_ : weights_; }
  // An iteration is any number of the first two, and then Finish. In between some weights are an update ahead of
  // others.

  /// Applies the gradient of elements [first, first + gradient.size()) of a parameter, at a rate that its rule
  /// multiplies. Throws NoNumber.
  void Update(int64_t iteration, double rate, const std::string& name, size_t first, std::span<const float> gradient);
  /// Mixes what a batch norm saw into its running statistics.
  void Mix(const BatchStatistics& seen);
  void Finish(int64_t iteration);
  /// Whether an iteration was begun and not finished, after an error.
  bool is_torn() const { return is_torn_; }

  /// Puts all of it into a checkpoint, as views. Throws NoNumber: weights and running statistics may overflow where
  /// loss and gradients did not.
  void WriteTo(Checkpoint& checkpoint) const;

 private:
  Updater(const TrainConfig& config, std::shared_ptr<const Graph> network, const Context& context);
  bool has_average() const { return ema_ > 0; }

  const Context& context_;
  std::shared_ptr<const Graph> network_;
  ParameterRules rules_;
  Optimiser optimiser_;
  float gradient_scale_, statistics_share_;
  double ema_;

  Parameters weights_, average_;
  std::map<std::string, std::vector<std::vector<float>>> solver_states_;  // by parameter, as the optimiser has them
  bool is_torn_ = false;
};

}  // namespace fcn
