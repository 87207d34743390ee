#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/training_form.h"
#include "runtime/training_program.h"
#include "tensor/tensor.h"

namespace fcn {

/// The gradient of the sum of the heads' losses by one parameter, in the parameter's own order.
struct Gradient {
  std::string parameter;
  std::span<const float> values;
};

/// A parameter that is trained.
struct TrainedParameter {
  std::string name;
  int64_t elements = 0;
};

/// What becomes of gradients: all are kept until the next run, or each is handed over as soon as nothing in the step
/// reads its parameter any more, and its memory is used again.
enum class GradientUse { kKeep, kHandOver };

/// What one batch norm saw in a batch, to be mixed into its running statistics.
struct BatchStatistics {
  std::string running_mean, running_variance;  ///< names of parameters
  std::span<const float> mean, variance;       ///< of each channel; the variance is biased
  int64_t count = 0;                           ///< values of each channel
};

/// Loss and gradients of a network for batches of one shape: forward and backward, compiled once.
class TrainingStep {
 public:
  /// The outputs of `network` are scores at its first input's size, one for each of the form's heads. `wanted` says
  /// which parameters are trained. `inputs` are the shapes of a batch. Throws as MakeTrainingForm, Differentiate and
  /// TrainingProgram do.
  TrainingStep(const Graph& network, const TrainingFormOptions& form,
               const std::function<bool(const Value& parameter)>& wanted, std::span<const Nhwc> inputs,
               const CompileOptions& options, const Context& context, GradientUse use = GradientUse::kKeep);
  /// The same for a network of one input.
  TrainingStep(const Graph& network, const TrainingFormOptions& form,
               const std::function<bool(const Value& parameter)>& wanted, const Nhwc& images,
               const CompileOptions& options, const Context& context, GradientUse use = GradientUse::kKeep)
      : TrainingStep(network, form, wanted, std::span(&images, 1), options, context, use) {}

  /// The loss of a batch, the sum of all heads'; gradients() and statistics() are then this batch's. With
  /// GradientUse::kHandOver `sink` takes the gradients by trained()[i], large ones piece by piece, and may change these
  /// elements of the parameter at once; where the loss is no number it takes none. `labels` are those of each head,
  /// N×H×W×1. `dropout_seed` decides what dropout drops. `weights` are asked for the network's parameters and, where
  /// the form has them, for class weights.
  float Run(std::span<const TensorView<const float>> inputs, std::span<const TensorView<const int32_t>> labels,
            uint64_t dropout_seed, const WeightSource& weights, const Context& context, Profile* profile = nullptr,
            GradientSink sink = kIgnoreGradients);
  /// The same for a network of one input and one head.
  float Run(TensorView<const float> images, TensorView<const int32_t> labels, uint64_t dropout_seed,
            const WeightSource& weights, const Context& context, Profile* profile = nullptr,
            GradientSink sink = kIgnoreGradients) {
    return Run(std::span(&images, 1), std::span(&labels, 1), dropout_seed, weights, context, profile, sink);
  }

  /// What each head added to the loss of the last batch.
  const std::vector<float>& head_losses() const { return head_losses_; }

  /// In the graph's order.
  const std::vector<TrainedParameter>& trained() const { return trained_; }
  /// One for each of them; none with GradientUse::kHandOver.
  std::span<const Gradient> gradients() const;
  const std::vector<BatchStatistics>& statistics() const { return statistics_; }
  /// Gives the memory of activations back until the next run.
  void ReleaseMemory() { program_->ReleaseMemory(); }
  int64_t planned_bytes() const { return program_->planned_bytes(); }
  const Plan& plan() const { return program_->plan(); }

 private:
  /// Of the batch that was run.
  float SumLosses();

  std::unique_ptr<TrainingProgram> program_;
  ValueId seed_ = kNoValue;
  std::vector<float> head_losses_;
  GradientUse use_;
  std::vector<AnyTensor> outputs_;
  std::vector<TrainedParameter> trained_;
  std::vector<Gradient> gradients_;  // none where the program hands them over itself
  std::vector<BatchStatistics> statistics_;
};

}  // namespace fcn
