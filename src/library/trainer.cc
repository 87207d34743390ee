#include "fcn/train.h"

#include "fcn/error.h"
#include "library/model_access.h"
#include "library/runtime_access.h"
#include "train/checkpoint.h"
#include "train/training_run.h"

namespace fcn {

struct Trainer::Impl {
  Runtime runtime;  // its context outlives the run
  TrainingRun run;
};

Trainer::Trainer(const TrainConfig& config, const Runtime& runtime, TrainingObserver& observer,
                 const TrainingDatasets& data)
    : impl_(new Impl{
          runtime,
          {config, RuntimeAccess::CompileOptionsOf(runtime), RuntimeAccess::ContextOf(runtime), observer, data}}) {}

Trainer::Trainer(const TrainConfig& config, const std::filesystem::path& checkpoint, const Runtime& runtime,
                 TrainingObserver& observer, const TrainingDatasets& data)
    : impl_(new Impl{runtime,
                     {config, checkpoint, RuntimeAccess::CompileOptionsOf(runtime), RuntimeAccess::ContextOf(runtime),
                      observer, data}}) {}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

TrainingResult Trainer::Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  return impl_->run.Run(stop, checkpoint);
}

TrainingResult Trainer::Run() {
  const std::atomic<bool> never = false;
  return Run(never);
}

Model Trainer::model() const { return ModelAccess::Make(impl_->run.model()); }

TrainConfig CheckpointConfig(const std::filesystem::path& checkpoint) {
  try {
    return ParseConfig(ReadCheckpointConfig(checkpoint), checkpoint.string());
  } catch (const Error&) {
    LoadCheckpoint(checkpoint);  // what damage has done to the configuration is told as damage
    throw;
  }
}

}  // namespace fcn
