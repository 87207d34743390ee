#pragma once

#include <cstdint>
#include <string>

#include "fcn/train_config.h"
#include "train/optimiser.h"
#include "train/parameter_rules.h"
#include "train/schedule.h"

namespace fcn {

/// Whether two configurations differ in free keys (ConfigKeyInfo) at most.
bool IsSameTraining(const TrainConfig& a, const TrainConfig& b);

/// CheckConfig of a training on data that are given, whatever the configuration says of files.
void CheckConfigWithoutFiles(const TrainConfig& config);

/// What messages call the data.
std::string DataName(const TrainConfig& config);

/// How the network is built.
NetworkForm FormOf(const TrainConfig& config);

/// Of a head's loss in the sum of all.
double LossWeightOf(const TrainConfig& config, const std::string& head);

/// What the optimiser, the parameters' rules and the schedule need of a checked configuration. `max_iterations` is how
/// long the training is (max_iters, or epochs in iterations).
OptimiserOptions OptimiserOptionsOf(const TrainConfig& config);
RuleOptions RuleOptionsOf(const TrainConfig& config);
ScheduleOptions ScheduleOptionsOf(const TrainConfig& config, int64_t max_iterations);

}  // namespace fcn
