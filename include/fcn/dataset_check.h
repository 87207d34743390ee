#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/function_ref.h"
#include "fcn/raster.h"
#include "fcn/runtime.h"

namespace fcn {

/// Something that is wrong with a data set.
struct FCN_API Finding {
  std::string kind;  ///< "missing labels", "missing picture", "labels without a picture", …
  std::string file;
  std::string message;   ///< a sentence that names the file
  bool is_error = true;  ///< whether training would stop at it; others are good to know
};

/// How often the classes occur in pictures that are added one by one.
class FCN_API ClassFrequencies {
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

/// Of the samples of a band, in their own units.
class FCN_API BandStatistics {
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

/// What was found in all pictures of an input.
struct FCN_API InputReport {
  InputInfo input = {};
  SampleType type = SampleType::kUint8;
  std::vector<BandStatistics> bands = {};  ///< empty where no picture was read

  /// Adds a picture's, those of `type`.
  void Add(const std::vector<BandStatistics>& picture);
};

/// How often each value of stored labels occurs.
using ValueCounts = std::map<uint32_t, int64_t>;

/// How messages write a stored value: "7", or "colour 128,0,64".
FCN_API std::string ValueText(uint32_t value, bool colours);

/// What was found in all labels of a head.
struct FCN_API HeadReport {
  std::string name = {};
  std::vector<std::string> classes = {};
  std::string classes_from = {};  ///< who names them: a file, "PASCAL VOC", "CamVid" or "--classes"
  ClassFrequencies frequencies{0};
  int64_t ignored_pixels = 0, unknown_pixels = 0;
  ValueCounts values = {};   ///< of labels that are indices
  ValueCounts colours = {};  ///< of labels that are colours
};

/// All that is known of a data set after every file was read.
struct FCN_API DatasetReport {
  std::string kind = {};
  size_t samples = 0;                                 ///< with all files there
  std::vector<Finding> findings = {};                 ///< what is wrong, file by file, then of the set as a whole
  size_t uncounted = 0;                               ///< samples that lack a file, or of which one cannot be read
  size_t errors = 0;                                  ///< findings that training would stop at: those with is_error
  std::map<std::pair<int, int>, int64_t> sizes = {};  ///< pictures by width and height
  std::vector<InputReport> inputs = {};
  std::vector<HeadReport> heads = {};
};

/// Reads every picture and label of a data set and does not stop at what is wrong: missing partners (both ways), files
/// that cannot be read, sizes, bands and types that differ, labels with losses, values that mean no class (file, first
/// pixel, a guess at the mistake), palettes whose colours are other classes' than their indices, and what only the
/// whole set shows: nothing that counts, or one class only, so that there is nothing to learn; binary masks whose 255
/// would be ignored; classes that never occur; bands that are constant, or of floats with a value that seems to stand
/// for missing ones. What reading a picture notes is a finding that is no error. `progress` is called with the samples
/// done, from one thread at a time; what it throws ends the check.
/// Throws as OpenDataset does, but for what is wrong with single files, and Error(kCancelled).
FCN_API DatasetReport CheckDataset(const DatasetOptions& options, const Runtime& runtime,
                                   FunctionRef<void(size_t done, size_t total)> progress);

}  // namespace fcn
