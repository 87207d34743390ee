#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>

#include "base/context.h"
#include "runtime/plan.h"
#include "train/config.h"
#include "train/run_files.h"
#include "train/training_observer.h"

namespace fcn {

class Training;

/// Why a training ended.
enum class TrainingEnd { kDone, kInterrupted, kTimeUp, kPatience };

/// "done", "interrupted", "time_up", "patience".
const char* TrainingEndName(TrainingEnd end);

struct TrainingResult {
  TrainingEnd end = TrainingEnd::kDone;
  int64_t iterations = 0;
  double best_mean_iu = std::numeric_limits<double>::quiet_NaN();
  int64_t best_iteration = 0;
};

/// Trains a network as a configuration says, into the folder config.output: pixels to pixels (Long, Shelhamer and
/// Darrell 2015, section 4.4). The same configuration, data and instruction set give the same bytes in all files,
/// whatever the number of threads and however often the training was stopped and resumed. For as long as it lives no
/// other trainer, of this process or another, writes into its folder (RunLock).
class Trainer {
 public:
  /// Begins anew. Unless `check` is false, all data is checked first (CheckTrainingData). Throws Error(kUsage) where
  /// the configuration contradicts itself, its folder holds a run, a model or other files of these names already, or
  /// another training writes there; Error(kMemory) with figures where a step, or validating the largest picture, does
  /// not fit; Error(kIo) where the disk lacks the space for the run's files, or they are larger than files may be
  /// (ulimit -f); and whatever checking and opening the data, the weights and the network throws. Nothing is written
  /// before all of this is known to be well.
  Trainer(const TrainConfig& config, const CompileOptions& options, const Context& context, TrainingObserver& observer);
  /// Goes on from a run's latest checkpoint. Free keys (ConfigKeyInfo) of the configuration may differ from the
  /// checkpoint's. Data that was checked is not checked again, unless it lies elsewhere now. Throws as the other, as
  /// LoadCheckpoint and CheckResumes do, and Error(kInput) where the data has other pictures, labels or classes than
  /// before (FingerprintData tells); with `check` false changed files are a notice.
  Trainer(const TrainConfig& config, const std::filesystem::path& checkpoint, const CompileOptions& options,
          const Context& context, TrainingObserver& observer);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Trains to the end, or until `stop` is set: then the iteration is finished and a checkpoint written. Where
  /// `checkpoint` is set meanwhile, one is written soon, `checkpoint` is cleared, and the training goes on.
  ///
  /// Throws Error(kInput) naming the iteration, the layer and the pictures where a loss or a gradient is no number: the
  /// last checkpoint stays as it is. After every other error a checkpoint of the last whole iteration is written,
  /// unless that is what fails or the error came in the middle of an update; the hint says which is the last, and what
  /// is lost. These are Error(kIo) where a file cannot be written, Error(kMemory) where memory is short (of validation
  /// it names the picture), and what reading the data throws. Once an iteration has ended with an error this trainer is
  /// of no use any more: the next call throws Error(kUsage).
  TrainingResult Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint = nullptr);

 private:
  std::unique_ptr<Training> training_;
};

}  // namespace fcn
