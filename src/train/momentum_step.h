#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/context.h"
#include "graph/graph.h"
#include "runtime/plan.h"
#include "train/training_step.h"

namespace fcn {

/// A step of training by SGD with momentum that updates every parameter as soon as it can, and what it needs.
struct MomentumStep {
  std::unique_ptr<TrainingStep> step;
  int64_t weights = 0, momentum = 0;  ///< bytes
  int64_t bytes() const { return weights + momentum + step->planned_bytes(); }
};

/// `inputs` are the shapes of a batch; `network` is what messages call it. Needs no memory to speak of until it runs.
/// Throws Error(kUsage) for a classifier.
MomentumStep MakeMomentumStep(const std::string& network, const Graph& graph, std::span<const Nhwc> inputs,
                              CompileOptions options, const Context& context);

}  // namespace fcn
