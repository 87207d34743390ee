#pragma once

#include <vector>

#include "metrics/confusion.h"

namespace fcn {

struct ClassScore {
  double accuracy;  ///< n_ii / t_i: the share of its pixels that were found; NaN where the class is absent
  double iu;        ///< n_ii / (t_i + Σ_j n_ji − n_ii): intersection over union; NaN where the class is absent
  int64_t truth_pixels, predicted_pixels;
};

/// The four scores of Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation" (2015), §5,
/// with n_ij pixels of class i predicted as j and t_i = Σ_j n_ij. A class that is absent from the truth has no accuracy
/// and no IU: it is excluded from both means (pixels that were wrongly taken for it count against their own classes).
struct Scores {
  double pixel_accuracy;  ///< Σ_i n_ii / Σ_i t_i; today "aAcc"
  double mean_accuracy;   ///< the mean of the classes' accuracies; "mAcc"
  double mean_iu;         ///< the mean of the classes' IU; "mIoU"
  double fw_iu;           ///< Σ_i t_i · IU_i / Σ_i t_i: frequency-weighted; "fwIoU"
  std::vector<ClassScore> per_class;
};

/// All NaN where no pixel counts.
Scores ComputeScores(const ConfusionMatrix& matrix);

}  // namespace fcn
