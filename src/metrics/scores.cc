#include "fcn/scores.h"

#include <limits>

namespace fcn {

Scores ComputeScores(const ConfusionMatrix& matrix) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Scores scores{kNone, kNone, kNone, kNone, {}};
  double right = 0, total = 0, accuracies = 0, ius = 0, weighted = 0;
  int present = 0;
  for (int i = 0; i < matrix.classes(); i++) {
    ClassScore score{kNone, kNone, matrix.truth_pixels(i), matrix.predicted_pixels(i)};
    if (score.truth_pixels > 0) {
      const auto hits = static_cast<double>(matrix.count(i, i)), truth = static_cast<double>(score.truth_pixels);
      score.accuracy = hits / truth;
      score.iu = hits / (truth + static_cast<double>(score.predicted_pixels) - hits);
      right += hits;
      total += truth;
      accuracies += score.accuracy;
      ius += score.iu;
      weighted += truth * score.iu;
      present++;
    }
    scores.per_class.push_back(score);
  }
  if (present == 0) return scores;
  scores.pixel_accuracy = right / total;
  scores.mean_accuracy = accuracies / present;
  scores.mean_iu = ius / present;
  scores.fw_iu = weighted / total;
  return scores;
}

}  // namespace fcn
