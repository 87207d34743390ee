#include "train/trainer.h"

#include <fmt/format.h>

#include <chrono>

#include "base/file.h"
#include "base/folder.h"
#include "base/temporary.h"
#include "fcn/error.h"
#include "train/foreign_files.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

/// A training may begin anew where another ended before its first checkpoint, but never writes over a model.
void RefuseOtherRun(const std::string& folder) {
  const RunFiles files(folder);
  if (Exists(files.latest))
    throw Error(ErrorCode::kUsage, fmt::format("{} holds a training already", folder),
                fmt::format("Go on with it (fcn train --resume {}), or choose another folder with -o.", folder));
  for (const std::filesystem::path& model : {files.best, files.model})
    if (Exists(model))
      throw Error(ErrorCode::kUsage, fmt::format("{} would be written over", model.string()),
                  "Choose another folder with -o.");
  RefuseForeignFiles(files);
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, const CompileOptions& options, const Context& context,
                 TrainingObserver& observer) {
  CheckConfig(config);
  auto lock = std::make_unique<RunLock>(config.output);
  RefuseOtherRun(config.output);
  state_ = std::make_unique<State>(std::move(lock), config, options, context, observer);
  state_->Begin();
  OpenFolder();
}

Trainer::Trainer(const TrainConfig& config, const std::filesystem::path& path, const CompileOptions& options,
                 const Context& context, TrainingObserver& observer) {
  CheckConfig(config);
  auto lock = std::make_unique<RunLock>(config.output);
  const Checkpoint checkpoint = LoadCheckpoint(path);  // the last one: whoever wrote it is done
  state_ = std::make_unique<State>(std::move(lock), config, options, context, observer);
  state_->Resume(checkpoint, path.string());
  OpenFolder();
}

void Trainer::OpenFolder() {
  State& state = *state_;
  state.lock->Check();  // checking the data may have taken long
  state.CheckDisk();
  RemoveLeftovers(state.files.config.parent_path(), [&](const std::string& name) {
    const auto& [config, log, metrics, latest, best, model] = state.files;
    for (const std::filesystem::path* file : {&config, &log, &metrics, &latest, &best, &model})
      if (file->filename() == name) return true;
    return false;
  });
  WriteFile(state.files.config, ToToml(state.config));
  state.log = std::make_unique<HistoryLog>(state.files.log, state.history);
}

Trainer::~Trainer() = default;

TrainingResult Trainer::Run(const std::atomic<bool>& stop) {
  State& state = *state_;
  const TrainConfig& config = state.config;
  if (state.is_torn)
    throw Error(ErrorCode::kUsage, "this training ended in the middle of an update",
                fmt::format("Go on from its last checkpoint: {}", state.files.latest.string()));
  const auto start = std::chrono::steady_clock::now();
  const auto is_time_up = [&] {
    const std::chrono::duration<double, std::ratio<60>> minutes = std::chrono::steady_clock::now() - start;
    return config.max_time > 0 && minutes.count() >= config.max_time;
  };
  const auto is_due = [&] {
    const bool is_last = state.iteration == state.max_iterations;
    return state.val_data && state.validated != state.iteration && state.iteration > 0 &&
           (is_last || state.iteration % config.val_interval == 0);
  };

  state.observer.OnStart(
      fmt::format("{}: {} pictures to learn from, {} to validate on; iterations {} to {}, {:.0f} MB planned{}",
                  config.model, state.train_data->size(), state.val_data ? state.val_data->size() : 0, state.iteration,
                  state.max_iterations, static_cast<double>(state.PlannedBytes()) / 1e6,
                  state.memory.validating > state.memory.training ? " for validating" : ""));
  TrainingResult result;
  int64_t saved = -1;
  const auto save = [&] {
    if (saved != state.iteration) state.SaveState();
    saved = state.iteration;
  };
  const auto save_what_there_is = [&] {
    try {
      save();
    } catch (const Error&) {  // what brought us here is what a person must know
    }
  };
  for (;;) {
    // First what a stop may have left undone: validation belongs to the iteration before it.
    if (is_due()) {
      // A best model is never without a checkpoint, so that its folder is known to hold a training.
      if (!Exists(state.files.latest)) save();
      try {
        if (state.Validate(stop)) saved = -1;
      } catch (const Error&) {
        save_what_there_is();  // a picture that cannot be validated on does not cost what was learnt
        throw;
      }
    }
    if (stop || is_time_up()) {
      result.end = stop ? TrainingEnd::kInterrupted : TrainingEnd::kTimeUp;
      break;
    }
    if (config.patience > 0 && state.worse_validations >= config.patience) {
      result.end = TrainingEnd::kPatience;
      break;
    }
    if (state.iteration % config.checkpoint_interval == 0 && state.iteration > 0) save();
    if (state.iteration == state.max_iterations) break;
    state.Iterate();
    state.observer.OnIteration(state.Progress());
  }
  save();
  const bool is_finished = result.end == TrainingEnd::kDone || result.end == TrainingEnd::kPatience;
  if (is_finished) state.SaveModelTo(state.files.model);
  result.iterations = state.iteration;
  result.best_mean_iu = state.best_mean_iu;
  result.best_iteration = state.best_iteration;
  return result;
}

}  // namespace fcn
