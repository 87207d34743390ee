#include "train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>

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

const char* TrainingEndName(TrainingEnd end) {
  switch (end) {
    case TrainingEnd::kDone:
      return "done";
    case TrainingEnd::kInterrupted:
      return "interrupted";
    case TrainingEnd::kTimeUp:
      return "time_up";
    case TrainingEnd::kPatience:
      return "patience";
  }
  return "";
}

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
  auto lock = std::make_unique<RunLock>(config.output);
  const Checkpoint checkpoint = LoadCheckpoint(path);  // the last one: whoever wrote it is done
  const RunFiles files(config.output);
  if (IdentityOf(path) == IdentityOf(files.latest))
    RefuseForeignFilesOfRun(files, ParseConfig(checkpoint.config, path.string()));
  else
    RefuseOtherRun(config.output);
  try {
    CheckConfig(config);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInput, path.string() + ": " + error.message(), error.hint());
  }
  state_ = std::make_unique<State>(std::move(lock), config, options, context, observer);
  state_->Resume(checkpoint, path.string());
  if (IdentityOf(path) == IdentityOf(state_->files.latest))
    state_->checkpoint_iteration = state_->iteration, state_->checkpoint_validated = state_->validated;
  OpenFolder();
}

void Trainer::OpenFolder() {
  State& state = *state_;
  state.lock->Check();  // checking the data may have taken long
  state.CheckDisk();
  RemoveLeftovers(state.files.config.parent_path(), [&](const std::string& name, bool) {
    return std::ranges::any_of(state.files.all(), [&](const auto* file) { return file->filename() == name; });
  });
  WriteFile(state.files.config, ToToml(state.config));
  state.log = std::make_unique<HistoryLog>(state.files.log, state.history);
}

Trainer::~Trainer() = default;

TrainingResult Trainer::Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  State& state = *state_;
  if (state.is_over)
    throw Error(ErrorCode::kUsage,
                state.is_torn ? "this training ended in the middle of an update" : "this training ended with an error",
                fmt::format("Go on from its last checkpoint: {}", state.files.latest.string()));
  const auto hint = [&](const std::string& remedy) {
    const std::string saved = state.Rescue();
    return saved + (saved.empty() || remedy.empty() ? "" : " ") + remedy;
  };
  try {
    return state.Train(stop, checkpoint);
  } catch (const Diverged&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), hint(error.hint()));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kMemory, fmt::format("not enough memory after iteration {}", state.iteration),
                hint("Free some memory, or begin again with a smaller batch_size or crop_size."));
  } catch (...) {
    if (const std::string rescued = state.Rescue(); !rescued.empty()) state.observer.OnNotice(rescued);
    throw;
  }
}

TrainingResult Trainer::State::Train(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  const auto start = std::chrono::steady_clock::now();
  const auto is_time_up = [&] {
    const std::chrono::duration<double, std::ratio<60>> minutes = std::chrono::steady_clock::now() - start;
    return config.max_time > 0 && minutes.count() >= config.max_time;
  };
  const auto is_due = [&] {
    const bool is_last = iteration == max_iterations;
    return val_data && validated != iteration && iteration > 0 && (is_last || iteration % config.val_interval == 0);
  };
  const auto save_if_asked = [&] {
    if (checkpoint != nullptr && checkpoint->exchange(false)) SaveState();
  };

  observer.OnStart(fmt::format(
      "{}: {} pictures to learn from, {} to validate on; iterations {} to {}, {:.0f} MB planned{}", config.model,
      train_data->size(), val_data ? val_data->size() : 0, iteration, max_iterations,
      static_cast<double>(PlannedBytes()) / 1e6, memory.validating > memory.training ? " for validating" : ""));
  TrainingResult result;
  for (;;) {
    // First what a stop may have left undone: validation belongs to the iteration before it.
    if (is_due()) {
      // A best model is never without a checkpoint, so that its folder is known to hold a training.
      if (!Exists(files.latest)) SaveState();
      Validate(stop, save_if_asked);
    }
    if (stop || is_time_up()) {
      result.end = stop ? TrainingEnd::kInterrupted : TrainingEnd::kTimeUp;
      break;
    }
    if (config.patience > 0 && worse_validations >= config.patience) {
      result.end = TrainingEnd::kPatience;
      break;
    }
    if (iteration % config.checkpoint_interval == 0 && iteration > 0) SaveState();
    save_if_asked();
    if (iteration == max_iterations) break;
    is_over = true;  // a batch that was taken does not come again
    Iterate();
    is_over = false;
    observer.OnIteration(Progress());
  }
  SaveState();
  const bool is_finished = result.end == TrainingEnd::kDone || result.end == TrainingEnd::kPatience;
  if (is_finished) SaveModelTo(files.model);
  result.iterations = iteration;
  result.best_mean_iu = best_mean_iu;
  result.best_iteration = best_iteration;
  return result;
}

}  // namespace fcn
