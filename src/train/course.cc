#include "train/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <variant>

#include "base/quoted.h"

namespace fcn {
namespace {

constexpr char kValidated[] = "validated", kWorseValidations[] = "worse_validations", kLossSum[] = "loss_sum",
               kLossCount[] = "loss_count";

bool IsBetter(double mean_iu, double best) { return !std::isnan(mean_iu) && (std::isnan(best) || mean_iu > best); }

int64_t Validations(const History& history) {
  return std::ranges::count_if(
      history, [](const HistoryEntry& entry) { return std::holds_alternative<ValidationEntry>(entry); });
}

struct Best {
  double mean_iu = std::numeric_limits<double>::quiet_NaN();
  int64_t iteration = 0;
};

/// The first of the best validations, as a training keeps it.
Best BestOf(const History& history) {
  Best best;
  for (const HistoryEntry& line : history)
    if (const auto* validation = std::get_if<ValidationEntry>(&line);
        validation != nullptr && IsBetter(validation->mean_iu, best.mean_iu))
      best = {validation->mean_iu, validation->iteration};
  return best;
}

}  // namespace

void Course::ReadFrom(const Checkpoint& checkpoint, size_t classes, const std::string& where) {
  const int64_t iteration = checkpoint.iteration;
  if (iteration > options_.max_iterations)
    ThrowDamaged(where, fmt::format("it is at iteration {} of {}", iteration, options_.max_iterations));
  history_ = checkpoint.history;
  for (const HistoryEntry& line : history_)
    if (const auto* validation = std::get_if<ValidationEntry>(&line);
        validation != nullptr && validation->class_iu.size() != classes)
      ThrowDamaged(where, fmt::format("the history has scores of {} classes, and there are {}",
                                      validation->class_iu.size(), classes));
  best_mean_iu_ = checkpoint.best_score;
  best_iteration_ = checkpoint.best_iteration;
  const auto [best, best_at] = BestOf(history_);
  if (std::isnan(best) ? !std::isnan(best_mean_iu_) || best_iteration_ != 0
                       : best_mean_iu_ != best || best_iteration_ != best_at)
    ThrowDamaged(where, fmt::format("the best score is {}, of iteration {}, but the history's is {}, of iteration {}",
                                    best_mean_iu_, best_iteration_, best, best_at));
  point_ = {.iteration = iteration, .validated = RequireCount(checkpoint, kValidated, iteration, where)};
  worse_validations_ = RequireCount(checkpoint, kWorseValidations, Validations(history_), where);
  loss_count_ = RequireCount(checkpoint, kLossCount, options_.log_interval - 1, where);
  const std::string& sum = RequireMetadata(checkpoint.metadata, kLossSum, where);
  char* end = nullptr;
  loss_sum_ = std::strtod(sum.c_str(), &end);
  if (sum.empty() || *end != 0 || !std::isfinite(loss_sum_) || (loss_count_ == 0 && loss_sum_ != 0))
    ThrowDamaged(where, fmt::format("\"{}\" is {} for {} losses", kLossSum, Quoted(sum), loss_count_));
}

void Course::WriteTo(Checkpoint& checkpoint) const {
  checkpoint.iteration = point_.iteration;
  checkpoint.history = history_;
  checkpoint.best_score = best_mean_iu_;
  checkpoint.best_iteration = best_iteration_;
  checkpoint.metadata[kValidated] = fmt::format("{}", point_.validated);
  checkpoint.metadata[kWorseValidations] = fmt::format("{}", worse_validations_);
  checkpoint.metadata[kLossSum] = fmt::format("{:a}", loss_sum_);
  checkpoint.metadata[kLossCount] = fmt::format("{}", loss_count_);
}

std::optional<TrainingEntry> Course::AddUpdate(double loss, double rate) {
  point_.iteration++;
  loss_sum_ += loss, loss_count_++;
  rate_ = rate;
  pace_.Tick(point_.iteration);
  if (point_.iteration % options_.log_interval != 0 && !is_at_end()) return std::nullopt;
  logged_loss_ = loss_sum_ / static_cast<double>(loss_count_);
  loss_sum_ = 0, loss_count_ = 0;
  const TrainingEntry line{point_.iteration, Epoch(), logged_loss_, rate};
  history_.emplace_back(line);
  return line;
}

bool Course::IsBest(double mean_iu) const { return IsBetter(mean_iu, best_mean_iu_); }

void Course::AddValidation(const ValidationEntry& validation) {
  const bool is_best = IsBest(validation.mean_iu);
  if (is_best) best_mean_iu_ = validation.mean_iu, best_iteration_ = point_.iteration;
  if (!std::isnan(validation.mean_iu)) worse_validations_ = is_best ? 0 : worse_validations_ + 1;
  point_.validated = point_.iteration;
  history_.emplace_back(validation);
}

double Course::Epoch() const {
  return static_cast<double>(point_.iteration) * static_cast<double>(options_.images_per_iteration) /
         static_cast<double>(options_.images);
}

TrainingProgress Course::Progress() const {
  TrainingProgress progress;
  progress.iteration = point_.iteration, progress.max_iterations = options_.max_iterations;
  progress.epoch = Epoch();
  progress.loss = loss_count_ > 0 ? loss_sum_ / static_cast<double>(loss_count_) : logged_loss_;
  progress.rate = rate_;
  const double seconds = pace_.SecondsPerIteration();
  progress.images_per_second = static_cast<double>(options_.images_per_iteration) / seconds;
  progress.seconds_left = seconds * static_cast<double>(options_.max_iterations - point_.iteration);
  progress.best_mean_iu = best_mean_iu_;
  return progress;
}

}  // namespace fcn
