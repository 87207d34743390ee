#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/training_observer.h"
#include "train/checkpoint.h"
#include "train/history.h"
#include "train/pace.h"
#include "train/training_point.h"

namespace fcn {

/// In what a training is counted.
struct CourseOptions {
  int64_t max_iterations = 1;
  int64_t log_interval = 1;  ///< iterations between two lines of the log
  int64_t images_per_iteration = 1;
  int64_t images = 1;                   ///< of an epoch
  std::vector<std::string> heads = {};  ///< their names, where there are several
};

/// How far a training is and how it went: losses, scores, which validation was the best. A checkpoint has all of it but
/// the pace.
class Course {
 public:
  explicit Course(CourseOptions options) : options_(std::move(options)), head_loss_sums_(options_.heads.size()) {}

  /// What the checkpoint says, each number within its bounds, of heads with so many classes. Throws Error(kInput) where
  /// one is not, or it contradicts the history; `where` (the file) begins the message.
  void ReadFrom(const Checkpoint& checkpoint, std::span<const size_t> classes, const std::string& where);
  void WriteTo(Checkpoint& checkpoint) const;

  const TrainingPoint& point() const { return point_; }
  int64_t iteration() const { return point_.iteration; }
  int64_t max_iterations() const { return options_.max_iterations; }
  bool is_at_end() const { return iteration() == max_iterations(); }
  const History& history() const { return history_; }
  int64_t best_iteration() const { return best_iteration_; }
  double best_mean_iu() const { return best_mean_iu_; }  ///< NaN: no validation had a score yet
  /// Validations since the best one, those without a score left out.
  int64_t worse_validations() const { return worse_validations_; }

  /// One update more, made at this rate; of the loss, `head_losses` are what each head added to it, where there are
  /// several. The line of the log where one is due now; it is in the history already.
  std::optional<TrainingEntry> AddUpdate(double loss, double rate, std::span<const double> head_losses = {});
  /// Whether that is better than all before. The first of equal ones stays the best; NaN is never better.
  bool IsBest(double mean_iu) const;
  /// A validation of the weights as they are now.
  void AddValidation(const ValidationEntry& validation);

  /// The time until the next update does not count.
  void PausePace() { pace_.Pause(); }
  TrainingProgress Progress() const;

 private:
  double Epoch() const;
  void CheckHeads(const HistoryEntry& entry, std::span<const size_t> classes, const std::string& where) const;

  CourseOptions options_;
  std::vector<double> head_loss_sums_;  // of each of several heads, since the last line of the log
  TrainingPoint point_;
  History history_;
  double best_mean_iu_ = std::numeric_limits<double>::quiet_NaN();
  int64_t best_iteration_ = 0;
  int64_t worse_validations_ = 0;
  double logged_loss_ = 0;  // of the last line of the log
  double loss_sum_ = 0;     // since then
  int64_t loss_count_ = 0;
  double rate_ = 0;  // of the last update
  Pace pace_;
};

}  // namespace fcn
