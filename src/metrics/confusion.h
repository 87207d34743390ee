#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace fcn {

/// How often each class was taken for each: count(truth, prediction) is n_ij of Long, Shelhamer and Darrell (2015), §5.
/// Counts are exact, so that sums over pictures do not depend on their order. A pixel whose prediction is no class
/// counts as wrong.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(int classes);

  /// Adds pixels one by one. Where the truth is `ignored` a pixel does not count. FCN_CHECKs that other truths are
  /// classes, and that both have one length.
  void Add(std::span<const uint16_t> truth, std::span<const uint16_t> prediction, uint16_t ignored);
  /// Adds another matrix of as many classes (FCN_CHECKed).
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

}  // namespace fcn
