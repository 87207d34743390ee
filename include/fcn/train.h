#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/model.h"
#include "fcn/run_files.h"
#include "fcn/runtime.h"
#include "fcn/train_config.h"
#include "fcn/training_observer.h"

namespace fcn {

/// Why a training ended.
enum class TrainingEnd { kDone, kInterrupted, kTimeUp, kPatience };

/// "done", "interrupted", "time_up", "patience".
FCN_API const char* TrainingEndName(TrainingEnd end);

struct FCN_API TrainingResult {
  TrainingEnd end = TrainingEnd::kDone;
  int64_t iterations = 0;
  double best_mean_iu = std::numeric_limits<double>::quiet_NaN();
  int64_t best_iteration = 0;
};

/// Data of one's own, in place of the files that a configuration names. All that it says of these counts for nothing
/// then, also `inputs` and `heads`, which are the data's; train_split and val_split are their names in messages.
struct FCN_API TrainingDatasets {
  std::shared_ptr<const Dataset> training = {};    ///< null: files, of both
  std::shared_ptr<const Dataset> validation = {};  ///< null: there is no validation
};

/// Trains a network as a configuration says, into the folder config.output: pixels to pixels (Long, Shelhamer and
/// Darrell 2015, section 4.4). The same configuration, data and instruction set give the same bytes in all files,
/// whatever the number of threads and however often the training was stopped and resumed. For as long as it lives no
/// other trainer, of this process or another, writes into its folder. Not thread-safe.
class FCN_API Trainer {
 public:
  /// Begins anew. Files are checked first unless config.check is false, as CheckDataset does; other data are not, since
  /// that would be reading all of them. The observer must outlive it.
  ///
  /// Throws Error(kUsage) where the configuration contradicts itself, its folder holds a run, a model or other files of
  /// these names already, or another training writes there; Error(kMemory) with figures where a step, or validating
  /// the largest picture whose size is known, does not fit; Error(kIo) where the disk lacks the space for the run's
  /// files, or they are larger than files may be (ulimit -f); and whatever checking and opening the data, the weights
  /// and the network throws. Nothing is written before all of this is known to be well.
  Trainer(const TrainConfig& config, const Runtime& runtime, TrainingObserver& observer,
          const TrainingDatasets& data = {});
  /// Goes on from a run's latest checkpoint (RunFiles::latest). Free keys (ConfigKeyInfo) of the configuration may
  /// differ from the checkpoint's (CheckpointConfig). Files that were checked are not checked again, unless they lie
  /// elsewhere now. Throws as the other; Error(kIo), Error(kInput) or Error(kUnsupported) where the checkpoint cannot
  /// be read, is damaged, or is another network's; Error(kInput) where the data has other pictures, labels or classes
  /// than before: of files a little of each is looked at, and where config.check is false changed ones are a notice; of
  /// other data the names of samples and classes alone.
  Trainer(const TrainConfig& config, const std::filesystem::path& checkpoint, const Runtime& runtime,
          TrainingObserver& observer, const TrainingDatasets& data = {});
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  /// Trains to the end, or until `stop` is set: then the iteration is finished and a checkpoint written. Where
  /// `checkpoint` is set meanwhile, one is written soon, `checkpoint` is cleared, and the training goes on.
  ///
  /// Throws Error(kInput) naming the iteration, the layer and the pictures where a loss or a gradient is no number: the
  /// last checkpoint stays as it is. After every other error a checkpoint of the last whole iteration is written,
  /// unless that is what fails or the error came in the middle of an update; the hint says which is the last, and what
  /// is lost. These are Error(kIo) where a file cannot be written, Error(kMemory) where memory is short (of validation
  /// it names the picture), Error(kCancelled), and what reading the data throws. Once an iteration has ended with an
  /// error this trainer is of no use any more: the next call throws Error(kUsage).
  TrainingResult Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint = nullptr);
  /// The same to the end.
  TrainingResult Run();

  /// What the network is now: before Run what it begins with, after it what model.safetensors has. Not while Run is
  /// running. The best model is in the run's files. Throws as Model::WithGoldenVectors.
  Model model() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The configuration that a checkpoint was written with, all keys. Throws Error(kIo) where it cannot be read, and as
/// the Trainer that goes on from it where it is none, or damaged.
FCN_API TrainConfig CheckpointConfig(const std::filesystem::path& checkpoint);

}  // namespace fcn
