#pragma once

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/context.h"
#include "fcn/train.h"
#include "models/model.h"
#include "runtime/plan.h"
#include "train/config.h"

namespace fcn {

class Training;

/// What a Trainer does, on a context of one's own. All that is given must outlive it.
class TrainingRun {
 public:
  /// Begins anew.
  TrainingRun(const TrainConfig& config, const CompileOptions& options, const Context& context,
              TrainingObserver& observer, const TrainingDatasets& data = {});
  /// Goes on from a checkpoint.
  TrainingRun(const TrainConfig& config, const std::filesystem::path& checkpoint, const CompileOptions& options,
              const Context& context, TrainingObserver& observer, const TrainingDatasets& data = {});
  ~TrainingRun();
  TrainingRun(const TrainingRun&) = delete;
  TrainingRun& operator=(const TrainingRun&) = delete;

  TrainingResult Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint = nullptr);
  /// As Trainer::model.
  ModelContents model() const;

 private:
  std::unique_ptr<Training> training_;
};

}  // namespace fcn
