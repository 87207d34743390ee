#include "train/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>

#include "fcn/files.h"
#include "fcn/text.h"
#include "metrics/score_table.h"
#include "train/data_check.h"

namespace fcn {
namespace {

ValidationEntry EntryOf(const ValidationReport& report) {
  ValidationEntry entry{.iteration = report.iteration};
  for (const auto& [name, classes, scores] : report.heads) {
    HeadEntry& head = entry.heads.emplace_back(HeadEntry{.name = name,
                                                         .pixel_accuracy = scores.pixel_accuracy,
                                                         .mean_accuracy = scores.mean_accuracy,
                                                         .mean_iu = scores.mean_iu,
                                                         .fw_iu = scores.fw_iu});
    for (const ClassScore& score : scores.per_class) head.class_iu.push_back(score.iu);
  }
  return entry;
}

std::string MetricsText(const ValidationReport& report) {
  nlohmann::ordered_json metrics = {{"iteration", report.iteration}};
  metrics.update(JsonOfScores(report.heads));
  return PrintableJson(metrics.dump(2)) + "\n";
}

}  // namespace

TrainingResult Training::Run(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  if (is_over_)
    throw Error(
        ErrorCode::kUsage,
        updater_->is_torn() ? "this training ended in the middle of an update" : "this training ended with an error",
        fmt::format("Go on from its last checkpoint: {}", folder_->files().latest.string()));
  const auto hint = [&](const std::string& remedy) {
    const std::string saved = Rescue();
    return saved + (saved.empty() || remedy.empty() ? "" : " ") + remedy;
  };
  try {
    return Train(stop, checkpoint);
  } catch (const NoNumber& what) {
    throw WentAstray(what);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), hint(error.hint()));
  } catch (const std::bad_alloc&) {
    throw Error(ErrorCode::kMemory, fmt::format("not enough memory after iteration {}", course_.iteration()),
                hint("Free some memory, or begin again with a smaller batch_size or crop_size."));
  } catch (...) {
    if (const std::string rescued = Rescue(); !rescued.empty()) observer_.OnNotice(rescued);
    throw;
  }
}

TrainingResult Training::Train(const std::atomic<bool>& stop, std::atomic<bool>* checkpoint) {
  const auto start = std::chrono::steady_clock::now();
  const auto is_time_up = [&] {
    const std::chrono::duration<double, std::ratio<60>> minutes = std::chrono::steady_clock::now() - start;
    return config_.max_time > 0 && minutes.count() >= config_.max_time;
  };
  const auto save_if_asked = [&] {
    if (checkpoint != nullptr && checkpoint->exchange(false)) SaveCheckpoint();
  };

  observer_.OnStart(fmt::format(
      "{}: {} pictures to learn from, {} to validate on; iterations {} to {}, {:.0f} MB planned{}", config_.model,
      data_.training().size(), data_.validation() != nullptr ? data_.validation()->size() : 0, course_.iteration(),
      course_.max_iterations(), static_cast<double>(memory_.total()) / 1e6,
      memory_.validating > memory_.training ? " for validating" : ""));
  TrainingResult result;
  for (;;) {
    // First what a stop may have left undone: validation belongs to the iteration before it.
    if (IsValidationDue()) {
      // A best model is never without a checkpoint, so that its folder is known to hold a training.
      if (!folder_->has_checkpoint()) SaveCheckpoint();
      Validate(stop, save_if_asked);
    }
    if (stop || is_time_up()) {
      result.end = stop ? TrainingEnd::kInterrupted : TrainingEnd::kTimeUp;
      break;
    }
    if (config_.patience > 0 && course_.worse_validations() >= config_.patience) {
      result.end = TrainingEnd::kPatience;
      break;
    }
    if (course_.iteration() % config_.checkpoint_interval == 0 && course_.iteration() > 0) SaveCheckpoint();
    save_if_asked();
    if (course_.is_at_end()) break;
    is_over_ = true;  // a batch that was taken does not come again
    Iterate();
    is_over_ = false;
    observer_.OnIteration(course_.Progress());
  }
  SaveCheckpoint();
  const bool is_finished = result.end == TrainingEnd::kDone || result.end == TrainingEnd::kPatience;
  if (is_finished) SaveModelTo(folder_->files().model);
  result.iterations = course_.iteration();
  result.best_mean_iu = course_.best_mean_iu();
  result.best_iteration = course_.best_iteration();
  return result;
}

bool Training::IsValidationDue() const {
  const auto& [iteration, validated] = course_.point();
  return validator_ && validated != iteration && iteration > 0 &&
         (course_.is_at_end() || iteration % config_.val_interval == 0);
}

void Training::Iterate() {
  const int64_t iteration = course_.iteration();
  const double rate = RateAt(ScheduleOptionsOf(config_, course_.max_iterations()), iteration);
  const auto next = [&] { return std::make_shared<const LoadedBatch>(loader_->Next()); };
  StepLoss loss = learner_->Learn({iteration, rate, config_.accumulate}, next, *updater_);
  if (loss.heads.size() == 1) loss.heads.clear();
  // In the history first: where the log cannot be written, the last checkpoint has it.
  if (const auto line = course_.AddUpdate(loss.sum, rate, loss.heads)) folder_->Append(*line);
}

void Training::Validate(const std::atomic<bool>& stop, FunctionRef<void()> between) {
  course_.PausePace();
  learner_->ReleaseMemory();  // not both at once
  const auto scores = validator_->Measure(model_.With(updater_->evaluated().Source()), memory_.lasting(),
                                          course_.iteration(), stop, between);
  if (!scores) return;
  ValidationReport report{.iteration = course_.iteration()};
  const std::vector<HeadInfo>& heads = data_.training().heads();
  for (size_t i = 0; i < heads.size(); i++)
    report.heads.push_back({heads.size() > 1 ? heads[i].name : "", heads[i].classes, (*scores)[i]});
  const ValidationEntry line = EntryOf(report);
  report.mean_iu = line.mean_iu();
  report.is_best = course_.IsBest(report.mean_iu);
  // Files first: where one cannot be written the state is as if this validation had not been.
  if (report.is_best) {
    SaveModelTo(folder_->files().best);
    WriteFile(folder_->files().metrics, MetricsText(report));
  }
  course_.AddValidation(line);
  folder_->Append(line);
  observer_.OnValidation(report);
  validator_->Notice(report);
}

void Training::SaveModelTo(const std::filesystem::path& path) {
  folder_->CheckLock();
  learner_->ReleaseMemory();  // a copy of the weights and a run of the model take its place
  SaveModel(path, model());
}

void Training::SaveCheckpoint() {
  if (folder_->IsUpToDate(course_.point())) return;
  Checkpoint checkpoint;
  checkpoint.network = config_.model;
  checkpoint.config = ToToml(config_);
  model_.WriteTo(checkpoint);
  updater_->WriteTo(checkpoint);
  course_.WriteTo(checkpoint);
  identity_->WriteTo(checkpoint);
  folder_->SaveCheckpoint(checkpoint, course_.point());
}

std::string Training::Rescue() {
  const int64_t iteration = course_.iteration();
  bool is_kept = iteration == 0 || folder_->HasSaved(course_.point());
  if (!is_kept && !updater_->is_torn()) {
    try {
      SaveCheckpoint();
      is_kept = true;
    } catch (const std::exception&) {  // what brought us here is what a person must know
    }
  }
  const std::optional<int64_t> saved = folder_->saved_iteration();
  if (!saved)
    return iteration == 0 ? ""
                          : fmt::format("What was learnt in {} iterations is lost: there is no checkpoint.", iteration);
  const std::string resume = fmt::format("fcn train --resume {} goes on from", config_.output);
  return is_kept ? fmt::format("The checkpoint of iteration {} has all that was learnt; {} it.", iteration, resume)
                 : fmt::format("What was learnt after iteration {} is lost; {} its checkpoint, the last one.", *saved,
                               resume);
}

Error Training::WentAstray(const NoNumber& what) const {
  const RunFiles& files = folder_->files();
  const auto command = [&](const std::string& more) {
    return fmt::format("fcn train --config {} --lr {:.3g} {}", files.config.string(), config_.lr / 10, more);
  };
  std::string remedy =
      folder_->has_checkpoint()
          ? fmt::format("{} stays as it was. Train on from it with a lower lr, or warmup_iters: {}",
                        files.latest.string(),
                        command(fmt::format("--weights {} -o {}2", files.latest.string(), config_.output)))
          : fmt::format("Begin again with a lower lr, or warmup_iters: {}", command("-o " + config_.output));
  const auto has_bands = [](const InputInfo& input) { return input.bands > 0; };
  if (std::ranges::any_of(data_.training().inputs(), has_bands))
    remedy += fmt::format(". Samples far from the others, as marks for missing values are, may be why: {} names them",
                          CheckCommand(config_, config_.train_split));
  return {ErrorCode::kInput,
          fmt::format("iteration {}: {} (pictures {})", learner_->iteration(), what.what(),
                      fmt::join(learner_->pictures(), ", ")),
          remedy};
}

}  // namespace fcn
