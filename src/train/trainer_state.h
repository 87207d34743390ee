#pragma once

// What a Trainer consists of; for its own files alone.

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "data/fingerprint.h"
#include "data/loader.h"
#include "data/picture_sizes.h"
#include "evaluate/largest_picture.h"
#include "fcn/error.h"
#include "models/zoo.h"
#include "runtime/memory_limit.h"
#include "train/checkpoint.h"
#include "train/parameters.h"
#include "train/run_lock.h"
#include "train/start.h"
#include "train/trainer.h"
#include "train/training_step.h"

namespace fcn {

/// Seconds per iteration of late.
class Pace {
 public:
  void Tick(int64_t iteration);
  /// Time that is spent on something else does not count.
  void Pause() { ticks_.clear(); }
  /// NaN before two iterations.
  double SecondsPerIteration() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<std::pair<Clock::time_point, int64_t>> ticks_;
};

/// Of a checkpoint's metadata: the names of the classes in the order of their channels, in JSON.
inline constexpr char kClassesKey[] = "classes";
/// PrintFingerprint of the data of either split.
inline constexpr char kTrainDataKey[] = "train_data", kValDataKey[] = "val_data";

/// A loss, gradient or weight that is no number. The checkpoint before it is better than one of the last iteration,
/// which would go wrong again.
class Diverged : public Error {
 public:
  using Error::Error;
};

struct Trainer::State {
  /// Opens the data.
  State(std::unique_ptr<RunLock> run_lock, TrainConfig resolved, const CompileOptions& compile_options,
        const Context& run_context, TrainingObserver& run_observer);

  /// Takes the first weights, and builds all that follows from their names and shapes.
  void Begin();
  /// The same with what a checkpoint holds.
  void Resume(const Checkpoint& checkpoint, const std::string& where);

  /// As Trainer::Run.
  TrainingResult Train(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint);
  /// One update of the weights.
  void Iterate();
  /// Measures the weights on the validation split, and keeps the model where it is the best so far. False where `stop`
  /// was set before it was done. `between` is called now and then; it may save the state.
  bool Validate(const std::atomic<bool>& stop, FunctionRef<void()> between);
  void Log(const HistoryEntry& entry);
  /// Writes the checkpoint, unless the last one is the same.
  void SaveState();
  /// After an error: writes a checkpoint of the last whole iteration, if it can and there is anything new in it. Says
  /// what was saved, what is lost, and how to go on.
  std::string Rescue();
  void SaveModelTo(const std::filesystem::path& path) const;
  TrainingProgress Progress() const;
  /// Throws Error(kIo) where the disk has less space than the files that the run will have at once, or the
  /// largest of them is more than a file may have (ulimit -f).
  void CheckDisk() const;
  /// All memory that the training will have at once: what lasts, and the largest of what comes and goes.
  int64_t PlannedBytes() const {
    return memory.lasting() + memory.cache + std::max(memory.training, memory.validating);
  }

  /// Bytes that are planned for.
  struct Memory {
    int64_t state = 0;                     ///< weights, averages, solver states, sums of gradients
    int64_t loading = 0;                   ///< the picture that is being read, and the batches that wait
    int64_t cache = 0;                     ///< decoded pictures that are kept: all, or as many as there is room for
    int64_t training = 0, validating = 0;  ///< a step, or saving a model; the validation picture that needs most
    int64_t lasting() const { return state + loading; }
  };

  std::unique_ptr<RunLock> lock;  // first: it is released last
  TrainConfig config;
  CompileOptions compile;
  const Context& context;
  TrainingObserver& observer;
  RunFiles files;
  std::unique_ptr<Dataset> train_data, val_data;
  PictureSizes train_sizes, val_sizes;
  std::map<std::string, DataFingerprint> fingerprints;  ///< by key of the checkpoint
  Memory memory;
  Optimiser optimiser;
  ScheduleOptions schedule;
  int64_t max_iterations = 0;

  const ZooEntry& entry;
  Preprocessing preprocessing;
  std::shared_ptr<const Graph> network;
  std::map<std::string, ParameterRule> rules;
  std::vector<float> class_weights;  ///< none where all count alike
  std::unique_ptr<TrainingStep> step;
  std::unique_ptr<BatchLoader> loader;
  std::unique_ptr<HistoryLog> log;
  Pace pace;

  // What a checkpoint holds.
  int64_t iteration = 0;                                                 ///< updates done
  int64_t validated = 0;                                                 ///< the iteration of the last validation
  int64_t worse_validations = 0;                                         ///< since the best one
  Parameters parameters, average;                                        ///< `average` where config.ema > 0
  std::map<std::string, std::vector<std::vector<float>>> solver_states;  ///< by parameter, as the optimiser has them
  History history;
  double best_mean_iu = std::numeric_limits<double>::quiet_NaN();
  int64_t best_iteration = 0;
  double last_loss = 0;  ///< of the last line of the log
  double loss_sum = 0;   ///< since then
  int64_t loss_count = 0;

  int64_t checkpoint_iteration = -1;  ///< of the run's checkpoint; -1 where it has none
  int64_t checkpoint_validated = -1;  ///< and its `validated`
  bool is_saved = false;              ///< whether that is all that there is to save
  bool is_torn = false;               ///< whether some parameters are an update ahead of others, after an error
  bool is_over = false;               ///< whether an iteration was begun and ended with an error

 private:
  /// Throws Error(kInput) where the classes are others than those that the training began with.
  void CheckClasses(const Checkpoint& checkpoint, const std::string& where) const;
  void TakeFingerprints();
  /// Throws Error(kInput) where pictures or labels are others than those that the training began with; a notice where
  /// config.check is false.
  void CheckData(const Checkpoint& checkpoint, const std::string& where);
  /// A sentence; empty where there is none.
  static std::string DifferenceOf(const DataFingerprint& before, const DataFingerprint& now, const Dataset& dataset);
  /// All numbers of a checkpoint, each within its bounds.
  void ReadCounts(const Checkpoint& checkpoint, const std::string& where);
  /// Plans the step and validation, and refuses what would not fit before anything large is read.
  void PlanStep();
  void PlanMemory();
  int64_t TrainedCount() const;
  int64_t CheckpointBytes() const;
  int64_t StateBytes() const;
  int64_t LoadingBytes() const;
  int64_t CacheBytes() const;
  /// Of the largest validation picture, in pieces of at most `max_pixels`; 0: whole.
  LargestPicture PlanValidation(int64_t max_pixels) const;
  /// The file whose header tells of a picture of that size.
  std::string ValidationLabels(int width, int height) const;
  [[noreturn]] void ThrowTooLarge(const LargestPicture& picture, const MemoryLimit& limit) const;
  void NoticePieces() const;
  /// Tries what only saving a model would find.
  void CheckModelCanBeSaved() const;
  /// `is_new`: whether nobody has checked the data.
  void OpenPictures(bool is_new);
  bool IsTrained(const std::string& name) const;
  WeightSource Source() const;
  const Parameters& Evaluated() const { return config.ema > 0 ? average : parameters; }
  PictureNetwork EvaluatedNetwork() const { return {config.model, network, Evaluated().Source(), preprocessing}; }
  /// BatchStatistics that outlast the step's next run.
  struct SeenStatistics {
    std::string running_mean, running_variance;
    std::vector<float> mean, variance;
    int64_t count = 0;
  };
  void MixStatistics(const SeenStatistics& seen);
  /// Updates elements [first, first + gradient.size()) of a parameter.
  void Update(const std::string& name, size_t first, std::span<const float> gradient);
  void ThrowIfNotFinite(float loss) const;
  [[noreturn]] void ThrowNoNumber(int64_t at_iteration, const std::string& what) const;
  void WarnOfUnpredicted(const Scores& scores);

  bool is_scoreless_ = false;                       // whether the last validation had no score
  std::map<std::string, std::vector<float>> sums_;  // of gradients, where several passes make an iteration
  std::vector<std::string> pictures_;               // of the last batch
  std::map<int, int> unpredicted_;                  // by class: validations in a row that never predicted it
};

}  // namespace fcn
