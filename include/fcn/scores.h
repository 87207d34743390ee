#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// How often each class was taken for each: count(truth, prediction) is n_ij of Long, Shelhamer and Darrell (2015), §5.
/// Counts are exact, so that sums over pictures do not depend on their order. A pixel whose prediction is no class
/// counts as wrong.
class FCN_API ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);

  /// Adds pixels one by one. Where the truth is `ignored` a pixel does not count. Throws Error(kInternal) where other
  /// truths are no classes, or the two are not of one length.
  void Add(std::span<const uint16_t> truth, std::span<const uint16_t> prediction, uint16_t ignored);
  /// Adds another matrix, of as many classes; throws Error(kInternal) for others.
  void Merge(const ConfusionMatrix& other);

  int classes() const { return classes_; }
  int64_t count(int truth, int prediction) const { return counts_[At(truth, prediction)]; }
  /// Pixels of that truth whose prediction is no class.
  int64_t unlabelled(int truth) const { return counts_[At(truth, classes_)]; }
  /// Pixels of that truth: t_i of the paper.
  int64_t truth_pixels(int truth) const;
  int64_t predicted_pixels(int prediction) const;
  /// Pixels that count.
  int64_t pixels() const;
  bool operator==(const ConfusionMatrix&) const = default;

 private:
  size_t At(int truth, int prediction) const {
    return static_cast<size_t>(truth) * (static_cast<size_t>(classes_) + 1) + static_cast<size_t>(prediction);
  }

  int classes_;
  std::vector<int64_t> counts_;  // classes × (classes + 1)
};

struct FCN_API ClassScore {
  double accuracy;  ///< n_ii / t_i: the share of its pixels that were found; NaN where the class is absent
  double iu;        ///< n_ii / (t_i + Σ_j n_ji − n_ii): intersection over union; NaN where the class is absent
  int64_t truth_pixels, predicted_pixels;
};

/// The four scores of Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation" (2015), §5,
/// with n_ij pixels of class i predicted as j and t_i = Σ_j n_ij. A class that is absent from the truth has no accuracy
/// and no IU: it is excluded from both means (pixels that were wrongly taken for it count against their own classes).
struct FCN_API Scores {
  double pixel_accuracy;  ///< Σ_i n_ii / Σ_i t_i; today "aAcc"
  double mean_accuracy;   ///< the mean of the classes' accuracies; "mAcc"
  double mean_iu;         ///< the mean of the classes' IU; "mIoU"
  double fw_iu;           ///< Σ_i t_i · IU_i / Σ_i t_i: frequency-weighted; "fwIoU"
  std::vector<ClassScore> per_class;
};

/// All NaN where no pixel counts.
FCN_API Scores ComputeScores(const ConfusionMatrix& matrix);

/// How well a head tells its classes apart.
struct FCN_API HeadScores {
  std::string name = {};  ///< empty where it is the only one
  std::vector<std::string> classes = {};
  Scores scores = {};
};

/// The mean of the heads' mean IU, those left out that have none; NaN where none has one.
FCN_API double MeanIu(std::span<const HeadScores> heads);

/// Scores for people: the paper's names with today's beside them, then a line for each class. Of several heads first
/// the mean of their mean IU, and the name of each above its table.
FCN_API std::string ScoresText(std::span<const HeadScores> heads);

/// The same for machines, as a JSON object: pixel_accuracy, mean_accuracy, mean_iu, fw_iu, and per_class, a list of
/// name, iu, accuracy and pixels (of the truth). Of several heads mean_iu, and `heads`, a list of such objects, each
/// with its name. What is no number (an absent class) is null.
FCN_API std::string ScoresJson(std::span<const HeadScores> heads);

}  // namespace fcn
