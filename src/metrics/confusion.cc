#include "fcn/scores.h"

#include <algorithm>

#include "base/check.h"

namespace fcn {

ConfusionMatrix::ConfusionMatrix(int classes)
    : classes_(classes), counts_(static_cast<size_t>(classes) * (static_cast<size_t>(classes) + 1)) {}

void ConfusionMatrix::Add(std::span<const uint16_t> truth, std::span<const uint16_t> prediction, uint16_t ignored) {
  FCN_CHECK(truth.size() == prediction.size());
  for (size_t i = 0; i < truth.size(); i++) {
    if (truth[i] == ignored) continue;
    FCN_CHECK(truth[i] < classes_);
    counts_[At(truth[i], std::min<int>(prediction[i], classes_))]++;
  }
}

void ConfusionMatrix::Merge(const ConfusionMatrix& other) {
  FCN_CHECK(other.classes_ == classes_);
  for (size_t i = 0; i < counts_.size(); i++) counts_[i] += other.counts_[i];
}

int64_t ConfusionMatrix::truth_pixels(int truth) const {
  int64_t sum = 0;
  for (int j = 0; j <= classes_; j++) sum += count(truth, j);
  return sum;
}

int64_t ConfusionMatrix::predicted_pixels(int prediction) const {
  int64_t sum = 0;
  for (int i = 0; i < classes_; i++) sum += count(i, prediction);
  return sum;
}

int64_t ConfusionMatrix::pixels() const {
  int64_t sum = 0;
  for (int64_t n : counts_) sum += n;
  return sum;
}

}  // namespace fcn
