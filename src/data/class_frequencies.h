#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"

namespace fcn {

/// How often the classes occur in pictures that are added one by one.
class ClassFrequencies {
 public:
  explicit ClassFrequencies(size_t classes) : counts_(classes) {}

  /// One picture's labels; those that are no class do not count.
  void Add(std::span<const uint16_t> labels);
  /// The same from the pixels of each class.
  void AddCounts(std::span<const int64_t> pixels);

  int64_t pixels(size_t i) const { return counts_[i].pixels; }
  /// Pictures in which the class occurs.
  int64_t pictures(size_t i) const { return counts_[i].pictures; }
  int64_t valid_pixels() const { return valid_pixels_; }

  /// A weight for each class by median frequency balancing (Eigen and Fergus 2015, §6.3.2): the median of the classes'
  /// frequencies divided by its own, a frequency being its pixels by the pixels that count in the pictures where it
  /// occurs. 0 for a class that never occurs.
  std::vector<double> MedianWeights() const;

 private:
  struct Count {
    int64_t pixels = 0, pictures = 0;
    int64_t pixels_where_present = 0;  // of any class
  };
  std::vector<Count> counts_;
  int64_t valid_pixels_ = 0;
};

/// Of each head of a whole data set. `progress` is called with the samples done, from one thread at a time; what it
/// throws ends the counting. Throws as Dataset::Get does.
std::vector<ClassFrequencies> CountClasses(const Dataset& dataset, const Context& context,
                                           FunctionRef<void(size_t done)> progress);

}  // namespace fcn
