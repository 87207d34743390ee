#pragma once

#include <memory>
#include <span>

#include "runtime/execute.h"

namespace fcn {

/// A training step compiled for one shape of its inputs: forward and backward are a graph like any other
/// (graph/differentiate.h). The weights change between runs, so each layer is packed when it runs: the large ones into
/// their scratch memory, the others into one buffer that they share. Not thread-safe.
class TrainingProgram {
 public:
  /// Throws as MakePlan, and Error(kMemory) where the machine does not have what planned_bytes() says.
  TrainingProgram(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                  const CompileOptions& options, const Context& context, const TrainingPlan& training = {});

  /// Runs once with the weights as they are now; see RunPlan for the rest.
  void Run(std::span<const ConstAnyView> inputs, std::span<const AnyView> outputs, const WeightSource& weights,
           const Context& context, Profile* profile = nullptr, GradientSink sink = kIgnoreGradients);

  /// Gives the memory of activations back until the next run.
  void ReleaseMemory() { arena_.Release(); }
  const Plan& plan() const { return plan_; }
  /// Activations, gradients, scratch, packed weights, inputs and outputs of a run.
  int64_t planned_bytes() const;

 private:
  Plan plan_;
  Arena arena_;
  PackedLayer packed_;
};

}  // namespace fcn
