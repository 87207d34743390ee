#include "train/updater.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/finite.h"
#include "graph/cost.h"
#include "models/upsampling.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"
#include "train/ema.h"
#include "train/no_number.h"

namespace fcn {
namespace {

constexpr char kAverage[] = "ema";  // of a checkpoint's states

/// A tensor that is only looked at.
StoredTensor ViewOf(const Shape& shape, std::span<const float> values) {
  StoredTensor tensor;
  tensor.shape = shape;
  tensor.bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
  return tensor;
}

}  // namespace

ParameterRules RulesOf(const Graph& network, const RuleOptions& options) {
  const std::set<std::string> fixed = FixedUpsampling(network, options.upsampling);
  ParameterRules rules;
  for (const ValueId id : network.Parameters()) {
    const Value& parameter = network.value(id);
    rules[parameter.name] = fixed.contains(parameter.name)
                                ? ParameterRule{0, 0}
                                : RuleFor(parameter.name, parameter.parameter_shape, options);
  }
  return rules;
}

int64_t StateBytes(const TrainConfig& config, const Graph& network, const std::vector<TrainedParameter>& trained) {
  int64_t floats = ParameterCount(network) * (config.ema > 0 ? 2 : 1);
  const int states = Optimiser(OptimiserOptionsOf(config)).states();
  for (const TrainedParameter& parameter : trained) floats += parameter.elements * states;
  return floats * int64_t{sizeof(float)};
}

Updater::Updater(const TrainConfig& config, std::shared_ptr<const Graph> network, const Context& context)
    : context_(context),
      network_(std::move(network)),
      rules_(RulesOf(*network_, RuleOptionsOf(config))),
      optimiser_(OptimiserOptionsOf(config)),
      // A mean loss is the mean over the passes, and so is Caffe's; a summed one the sum.
      gradient_scale_(
          config.loss_normalisation == LossNormalisation::kSum ? 1.0f : 1.0f / static_cast<float>(config.accumulate)),
      statistics_share_(static_cast<float>(config.batch_norm_momentum)),
      ema_(config.ema) {}

Updater::Updater(const TrainConfig& config, std::shared_ptr<const Graph> network,
                 const std::vector<TrainedParameter>& trained, Parameters weights, const Context& context)
    : Updater(config, std::move(network), context) {
  weights_ = std::move(weights);
  if (has_average()) average_ = weights_;
  for (const TrainedParameter& parameter : trained)
    solver_states_[parameter.name].assign(static_cast<size_t>(optimiser_.states()),
                                          std::vector<float>(static_cast<size_t>(parameter.elements)));
}

Updater::Updater(const TrainConfig& config, std::shared_ptr<const Graph> network,
                 const std::vector<TrainedParameter>& trained, const Checkpoint& checkpoint, const std::string& where,
                 const Context& context)
    : Updater(config, std::move(network), context) {
  std::set<std::string> trained_names, all;
  for (const TrainedParameter& parameter : trained) trained_names.insert(parameter.name);
  for (const auto& [name, tensor] : checkpoint.weights) all.insert(name);
  std::map<std::string, std::set<std::string>> states;
  for (const std::string& name : optimiser_.state_names()) states[name] = trained_names;
  if (has_average()) states[kAverage] = all;
  CheckResumes(checkpoint, *network_, states, where);
  CheckFinite(checkpoint.weights, where);
  for (const auto& [kind, group] : checkpoint.states) CheckFinite(group, fmt::format("{}: {}", where, kind));

  weights_ = Parameters(*network_, checkpoint.weights);
  for (const std::string& name : trained_names) {
    std::vector<std::vector<float>>& of_parameter = solver_states_[name];  // there, though without states, for any
    for (const std::string& state : optimiser_.state_names())
      of_parameter.push_back(checkpoint.states.at(state).at(name).ToFloats());
  }
  if (has_average()) average_ = Parameters(*network_, checkpoint.states.at(kAverage));
  CheckUnchanged(checkpoint.weights);  // of the same file as the states
}

void Updater::Update(int64_t iteration, double rate, const std::string& name, size_t first,
                     std::span<const float> gradient) {
  is_torn_ = true;
  const ParameterRule& rule = rules_.at(name);
  UpdateScale scale;
  scale.rate = rate * rule.rate_multiplier;
  scale.decay_multiplier = rule.decay_multiplier;
  scale.step = iteration + 1;
  scale.gradient_scale = gradient_scale_;
  std::vector<std::span<float>> states;
  for (std::vector<float>& state : solver_states_.at(name))
    states.push_back(std::span(state).subspan(first, gradient.size()));
  if (!optimiser_.Update(context_, weights_.at(name).subspan(first, gradient.size()), gradient, states, scale))
    throw NoNumber(fmt::format("the gradient of {} is no number", name));
}

void Updater::Mix(const BatchStatistics& seen) {
  is_torn_ = true;
  const float share = statistics_share_;
  const std::span<float> mean = weights_.at(seen.running_mean);
  const std::span<float> variance = weights_.at(seen.running_variance);
  // As torch: the batch is normalised by its biased variance, and remembered by the unbiased one.
  const auto unbiased =
      static_cast<float>(static_cast<double>(seen.count) / static_cast<double>(std::max<int64_t>(1, seen.count - 1)));
  for (size_t c = 0; c < mean.size(); c++) {
    mean[c] = (1 - share) * mean[c] + share * seen.mean[c];
    variance[c] = (1 - share) * variance[c] + share * (seen.variance[c] * unbiased);
  }
}

void Updater::Finish(int64_t iteration) {
  is_torn_ = true;
  if (has_average())
    for (const auto& [name, rule] : rules_)
      UpdateEma(context_, average_.at(name), weights_.at(name), EmaDecayAt(ema_, iteration));
  is_torn_ = false;
}

void Updater::WriteTo(Checkpoint& checkpoint) const {
  const std::vector<std::string> state_names = optimiser_.state_names();
  for (const ValueId id : network_->Parameters()) {
    const std::string& name = network_->value(id).name;
    const Shape& shape = network_->value(id).parameter_shape;
    if (!IsFinite(weights_.at(name))) throw NoNumber(fmt::format("{} is no number after the update", name));
    checkpoint.weights.emplace(name, ViewOf(shape, weights_.at(name)));
    if (has_average()) checkpoint.states[kAverage].emplace(name, ViewOf(shape, average_.at(name)));
    if (const auto states = solver_states_.find(name); states != solver_states_.end())
      for (size_t i = 0; i < state_names.size(); i++) {
        if (!IsFinite(states->second[i]))
          throw NoNumber(fmt::format("{} of {} is no number after the update", state_names[i], name));
        checkpoint.states[state_names[i]].emplace(name, ViewOf(shape, states->second[i]));
      }
  }
}

}  // namespace fcn
