#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "fcn/function_ref.h"
#include "fcn/preprocessing.h"

namespace fcn {

/// Of the samples of a band, in their own units.
class BandStatistics {
 public:
  /// One picture's samples, `step` apart.
  template <typename Sample>
  void Add(const Sample* samples, size_t step, size_t count);
  /// Those of other pictures. Sums are doubles: the same order gives the same bytes.
  void Merge(const BandStatistics& others);

  int64_t count() const { return count_; }
  double least() const { return least_; }
  double most() const { return most_; }
  /// The least of the samples above the least, and the most of those below the most: infinite where there are none.
  double second_least() const { return second_least_; }
  double second_most() const { return second_most_; }
  double mean() const { return mean_; }
  double deviation() const;

 private:
  /// Of the extremes alone, once there are any.
  void Widen(double sample);

  int64_t count_ = 0;
  double least_ = 0, most_ = 0, mean_ = 0;
  double second_least_ = std::numeric_limits<double>::infinity(), second_most_ = -second_least_;
  double squares_ = 0;  // of the differences from the mean, summed
};

/// A value that looks as if it stood for samples that are missing: the least or the most of a band, far from all
/// others, and a usual mark such as −9999 or huge.
std::optional<double> MissingMark(const BandStatistics& band);

/// Of each band of a picture.
std::vector<BandStatistics> MeasureBands(const Raster& raster);

/// What was found in all pictures of an input.
struct InputReport {
  InputInfo input = {};
  SampleType type = SampleType::kUint8;
  std::vector<BandStatistics> bands = {};  ///< empty where no picture was read

  /// Adds a picture's, those of `type`.
  void Add(const std::vector<BandStatistics>& picture);
};

/// Of a whole data set; only inputs of which `wanted` has true, the others stay without bands. `progress` is called
/// with the samples done, from one thread at a time; what it throws ends the reading. Throws as Dataset::Get does, and
/// Error(kInput) where an input's pictures have several types.
std::vector<InputReport> MeasureInputs(const Dataset& dataset, const std::vector<bool>& wanted, const Context& context,
                                       FunctionRef<void(size_t done)> progress);

/// Subtracts the mean and divides by the deviation that were found. Integers count as 0 to 1, or 0 to 255 for pictures
/// in colour; a band that is constant is divided by 1. Throws Error(kInput) where these are no numbers that a network
/// can compute with.
Preprocessing MeasuredPreprocessing(const InputReport& report);

}  // namespace fcn
