#include "train/course.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <variant>

#include "base/check.h"
#include "fcn/text.h"

namespace fcn {
namespace {

constexpr char kValidated[] = "validated", kWorseValidations[] = "worse_validations", kLossSum[] = "loss_sum",
               kLossCount[] = "loss_count";

/// Of each of several heads.
std::string LossSumKey(const std::string& head) { return fmt::format("{}.{}", kLossSum, head); }

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
        validation != nullptr && IsBetter(validation->mean_iu(), best.mean_iu))
      best = {validation->mean_iu(), validation->iteration};
  return best;
}

}  // namespace

void Course::CheckHeads(const HistoryEntry& entry, std::span<const size_t> classes, const std::string& where) const {
  std::vector<std::string> names;
  if (const auto* training = std::get_if<TrainingEntry>(&entry)) {
    for (const auto& [name, loss] : training->head_losses) names.push_back(name);
  } else {
    const std::vector<HeadEntry>& heads = std::get<ValidationEntry>(entry).heads;
    for (size_t i = 0; i < std::min(heads.size(), classes.size()); i++)
      if (heads[i].class_iu.size() != classes[i])
        ThrowDamaged(where, fmt::format("the history has scores of {} classes, and there are {}",
                                        heads[i].class_iu.size(), classes[i]));
    if (classes.size() == 1 && heads.size() == 1 && heads[0].name.empty()) return;
    for (const HeadEntry& head : heads) names.push_back(head.name);
  }
  if (names != options_.heads)
    ThrowDamaged(where, fmt::format("the history speaks of other heads: {}", Quoted(ToJsonLine(entry))));
}

void Course::ReadFrom(const Checkpoint& checkpoint, std::span<const size_t> classes, const std::string& where) {
  const int64_t iteration = checkpoint.iteration;
  if (iteration > options_.max_iterations)
    ThrowDamaged(where, fmt::format("it is at iteration {} of {}", iteration, options_.max_iterations));
  history_ = checkpoint.history;
  for (const HistoryEntry& line : history_) CheckHeads(line, classes, where);
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
  const auto read_sum = [&](const std::string& key, double& sum) {
    const std::string& text = RequireMetadata(checkpoint.metadata, key, where);
    char* end = nullptr;
    sum = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != 0 || !std::isfinite(sum) || (loss_count_ == 0 && sum != 0))
      ThrowDamaged(where, fmt::format("\"{}\" is {} for {} losses", key, Quoted(text), loss_count_));
  };
  read_sum(kLossSum, loss_sum_);
  for (size_t i = 0; i < options_.heads.size(); i++) read_sum(LossSumKey(options_.heads[i]), head_loss_sums_[i]);
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
  for (size_t i = 0; i < options_.heads.size(); i++)
    checkpoint.metadata[LossSumKey(options_.heads[i])] = fmt::format("{:a}", head_loss_sums_[i]);
}

std::optional<TrainingEntry> Course::AddUpdate(double loss, double rate, std::span<const double> head_losses) {
  FCN_CHECK(head_losses.size() == head_loss_sums_.size());
  point_.iteration++;
  loss_sum_ += loss, loss_count_++;
  for (size_t i = 0; i < head_losses.size(); i++) head_loss_sums_[i] += head_losses[i];
  rate_ = rate;
  pace_.Tick(point_.iteration);
  if (point_.iteration % options_.log_interval != 0 && !is_at_end()) return std::nullopt;
  logged_loss_ = loss_sum_ / static_cast<double>(loss_count_);
  TrainingEntry line{.iteration = point_.iteration, .epoch = Epoch(), .loss = logged_loss_, .rate = rate};
  for (size_t i = 0; i < head_loss_sums_.size(); i++)
    line.head_losses.emplace_back(options_.heads[i], head_loss_sums_[i] / static_cast<double>(loss_count_));
  std::ranges::fill(head_loss_sums_, 0);
  loss_sum_ = 0, loss_count_ = 0;
  history_.emplace_back(line);
  return line;
}

bool Course::IsBest(double mean_iu) const { return IsBetter(mean_iu, best_mean_iu_); }

void Course::AddValidation(const ValidationEntry& validation) {
  const double mean_iu = validation.mean_iu();
  const bool is_best = IsBest(mean_iu);
  if (is_best) best_mean_iu_ = mean_iu, best_iteration_ = point_.iteration;
  if (!std::isnan(mean_iu)) worse_validations_ = is_best ? 0 : worse_validations_ + 1;
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
