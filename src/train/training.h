#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/error.h"
#include "fcn/function_ref.h"
#include "models/zoo.h"
#include "runtime/plan.h"
#include "train/batch_learner.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/course.h"
#include "train/data_identity.h"
#include "train/no_number.h"
#include "train/run_folder.h"
#include "train/trained_model.h"
#include "train/training_data.h"
#include "train/training_memory.h"
#include "train/updater.h"
#include "train/validator.h"

namespace fcn {

/// A training from its beginning to its end: the parts that it consists of, and who is asked when. None of them knows
/// of this one.
class Training {
 public:
  /// As TrainingRun's two, of a configuration that is checked, in a folder that may be written to.
  Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
           const CompileOptions& options, const Context& context, TrainingObserver& observer);
  Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
           const Checkpoint& checkpoint, const std::filesystem::path& path, const CompileOptions& options,
           const Context& context, TrainingObserver& observer);

  /// As Trainer::Run.
  TrainingResult Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint);
  /// As Trainer::model.
  ModelContents model() const { return model_.Complete(updater_->evaluated(), context_); }

 private:
  // training_setup.cc

  /// Opens the data.
  Training(std::unique_ptr<RunFolder> folder, const TrainConfig& config, const TrainingDatasets& data,
           const ZooEntry& entry, const CompileOptions& options, const Context& context, TrainingObserver& observer);
  /// Plans the step and validation, and refuses what would not fit before anything large is read.
  std::unique_ptr<TrainingStep> PlanStep(const CompileOptions& options);
  /// The weights that a new training begins with; the model takes what goes with them.
  Parameters TakeWeights();
  /// Heads that the configuration gives no weight keep the one that their model gave them.
  void TakeLossWeights(const ModelContents& start);
  /// Checks data that is new, and weighs the classes of each head.
  std::vector<std::vector<float>> ReadLabels(const CompileOptions& options, bool is_new);
  /// Measures the inputs whose preprocessing is to be measured, and puts all into the configuration, which is what a
  /// resumed run must use.
  void MeasureInputs();
  /// The last that is done before the first iteration: reads ahead, makes room, and writes the first files.
  void Open(std::unique_ptr<TrainingStep> step, std::vector<std::vector<float>> class_weights);

  // training.cc

  TrainingResult Train(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint);
  bool IsValidationDue() const;
  /// One update of the weights.
  void Iterate();
  /// Measures the weights on the validation split, and keeps the model where it is the best so far; nothing where
  /// `stop` was set before it was done. `between` is called now and then; it may save a checkpoint.
  void Validate(const std::atomic<bool>& stop, FunctionRef<void()> between);
  void SaveModelTo(const std::filesystem::path& path);
  /// Writes the checkpoint, unless the last one is the same.
  void SaveCheckpoint();
  /// After an error: writes a checkpoint of the last whole iteration, if it can and there is anything new in it. Says
  /// what was saved, what is lost, and how to go on.
  std::string Rescue();
  /// The checkpoint before it is better than one of the last iteration, which would go wrong again.
  Error WentAstray(const NoNumber& what) const;

  std::unique_ptr<RunFolder> folder_;  // first: its lock is released last
  TrainConfig config_;
  const Context& context_;
  TrainingObserver& observer_;
  TrainingData data_;
  TrainedModel model_;
  std::vector<bool> is_measured_;  // by input: whether its preprocessing is still to be measured
  Course course_;
  std::optional<Validator> validator_;  // where there are pictures to validate on
  std::optional<DataIdentity> identity_;
  TrainingMemory memory_;
  std::unique_ptr<Updater> updater_;
  std::optional<BatchLoader> loader_;
  std::unique_ptr<BatchLearner> learner_;
  bool is_over_ = false;  // whether an iteration was begun and ended with an error
};

}  // namespace fcn
