#include "train/trainer.h"

#include <fmt/format.h>

#include <chrono>

#include "base/file.h"
#include "fcn/error.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

/// Makes the folder, and removes what a kill left of files that were being written in it (AtomicFile's *.part).
void MakeRunFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw Error(ErrorCode::kIo, fmt::format("cannot make the folder {}: {}", folder, error.message()),
                "Choose another folder with -o.");
  const RunFiles files(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    for (const std::filesystem::path* file :
         {&files.config, &files.log, &files.metrics, &files.latest, &files.best, &files.model})
      if (const std::string name = entry.path().filename().string();
          name.starts_with(file->filename().string() + ".") && name.ends_with(".part"))
        std::filesystem::remove(entry.path(), error);
}

/// A training may begin anew where another ended before its first checkpoint, but never writes over a model.
void RefuseOtherRun(const std::string& folder) {
  const RunFiles files(folder);
  if (std::filesystem::exists(files.latest))
    throw Error(ErrorCode::kUsage, fmt::format("{} holds a training already", folder),
                fmt::format("Go on with it (fcn train --resume {}), or choose another folder with -o.", folder));
  for (const std::filesystem::path& model : {files.best, files.model})
    if (std::filesystem::exists(model))
      throw Error(ErrorCode::kUsage, fmt::format("{} would be written over", model.string()),
                  "Choose another folder with -o.");
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, const CompileOptions& options, const Context& context,
                 TrainingObserver& observer) {
  CheckConfig(config);
  RefuseOtherRun(config.output);
  state_ = std::make_unique<State>(config, options, context, observer);
  state_->Begin();
  MakeRunFolder(config.output);
  WriteFile(state_->files.config, ToToml(state_->config));
  state_->log = std::make_unique<HistoryLog>(state_->files.log, History{});
}

Trainer::Trainer(const TrainConfig& config, const std::filesystem::path& path, const CompileOptions& options,
                 const Context& context, TrainingObserver& observer) {
  CheckConfig(config);
  const Checkpoint checkpoint = LoadCheckpoint(path);
  state_ = std::make_unique<State>(config, options, context, observer);
  state_->Resume(checkpoint, path.string());
  MakeRunFolder(config.output);
  WriteFile(state_->files.config, ToToml(state_->config));
  state_->log = std::make_unique<HistoryLog>(state_->files.log, state_->history);
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
      fmt::format("{}: {} pictures to learn from, {} to validate on; iterations {} to {}, {:.0f} MB planned",
                  config.model, state.train_data->size(), state.val_data ? state.val_data->size() : 0, state.iteration,
                  state.max_iterations, static_cast<double>(state.PlannedBytes()) / 1e6));
  TrainingResult result;
  int64_t saved = -1;
  const auto save = [&] {
    if (saved != state.iteration) state.SaveState();
    saved = state.iteration;
  };
  for (;;) {
    // First what a stop may have left undone: validation belongs to the iteration before it.
    if (is_due()) {
      // A best model is never without a checkpoint, so that its folder is known to hold a training.
      if (!std::filesystem::exists(state.files.latest)) save();
      if (state.Validate(stop)) saved = -1;
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
