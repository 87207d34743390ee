#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "data/loader.h"
#include "fcn/function_ref.h"
#include "fcn/learner.h"
#include "train/config.h"
#include "train/trained_model.h"
#include "train/training_step.h"
#include "train/updater.h"

namespace fcn {

/// The step of a training as its configuration says. Throws Error(kUsage) where crops are nothing for the network, or
/// no parameter is trained; Error(kMemory) as TrainingStep does.
std::unique_ptr<TrainingStep> MakeTrainingStep(const TrainConfig& config, const TrainedModel& model,
                                               const CompileOptions& options, const Context& context);

/// The batches of a training from the given iteration on.
LoaderOptions LoaderOptionsOf(const TrainConfig& config, const TrainedModel& model, int64_t cache_bytes,
                              int64_t iteration);

/// An iteration: one update of the weights.
struct Iteration {
  int64_t number = 0;
  double rate = 0;     ///< of learning; rules of parameters multiply it
  int64_t passes = 1;  ///< batches that it learns from
};

/// Learns from batches: computes their loss and gradients, and hands these to an Updater.
class BatchLearner {
 public:
  /// `heads` are their names, `class_weights` those of each, empty where all classes count alike. `seed` is that of
  /// what drops out. The context must outlive it.
  BatchLearner(std::unique_ptr<TrainingStep> step, const std::vector<std::string>& heads,
               std::vector<std::vector<float>> class_weights, uint64_t seed, const Context& context);

  /// One update of the weights; gives the loss that they had. `next` is asked for a batch in each pass. Until all of
  /// its passes are done nothing of the updater is changed, so that a picture that cannot be read, or the lack of
  /// memory, leaves the last whole iteration. (Gradients that are handed over are of the only pass.) Throws NoNumber,
  /// and what reading and computing throw.
  StepLoss Learn(const Iteration& iteration, FunctionRef<std::shared_ptr<const LoadedBatch>()> next, Updater& updater);

  /// Of the last batch that was taken: its iteration and its pictures.
  int64_t iteration() const { return iteration_; }
  const std::vector<std::string>& pictures() const { return pictures_; }
  const std::vector<TrainedParameter>& trained() const { return step_->trained(); }
  /// Gives the memory of activations back until it learns again.
  void ReleaseMemory() { step_->ReleaseMemory(); }

 private:
  /// Throws NoNumber. Gradients that were handed over have been looked at by then.
  void CheckFinite(float loss) const;
  void AddGradients(bool is_first_pass);

  const Context& context_;
  std::unique_ptr<TrainingStep> step_;
  std::map<std::string, std::vector<float>> class_weights_;  // by the parameter's name
  uint64_t dropout_stream_;
  std::map<std::string, std::vector<float>> sums_;  // of gradients, where several passes make an iteration
  int64_t iteration_ = 0;
  std::vector<std::string> pictures_;
};

}  // namespace fcn
