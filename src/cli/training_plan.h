#pragma once

#include "cli/network.h"
#include "cli/options.h"
#include "train/training_step.h"

namespace fcn::cli {

/// A step of training by SGD with momentum that updates every parameter as soon as it can, and what it needs.
struct TrainingPlanned {
  std::unique_ptr<TrainingStep> step;
  int64_t weights = 0, momentum = 0;  ///< bytes
  int64_t bytes() const { return weights + momentum + step->planned_bytes(); }
};

/// `inputs` are the shapes of a batch. Needs no memory to speak of until it runs. Throws Error(kUsage) for a
/// classifier.
TrainingPlanned PlanTraining(const Network& network, std::span<const Nhwc> inputs, const CommonOptions& common,
                             const Context& context);

}  // namespace fcn::cli
