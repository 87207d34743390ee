#pragma once

#include <map>
#include <string>
#include <vector>

#include "data/label_reader.h"
#include "data/listing.h"
#include "fcn/dataset_check.h"
#include "fcn/error.h"

namespace fcn {

/// What one label picture adds to the report.
struct LabelsReport {
  bool is_read = false, colours = false;
  ValueCounts counts = {};
  std::vector<int64_t> pixels = {};  ///< of each class
  int64_t ignored = 0, unknown = 0;
  /// What 255, where it is ignored and 0 is not, stands for in a set that was drawn as black and white.
  enum class Mask { kOther, kBlackAndWhite, kFewOthers, kIgnoredBeside, kObjects } mask = Mask::kOther;
};

inline constexpr size_t kMostCheckedValues = 65536;  // photographs in place of labels have new values without end

/// Of labels as a file has them. What is wrong is added to `findings`.
LabelsReport CheckLabels(const std::string& file, const LabelCoding& coding, const StoredLabels& stored,
                         std::vector<Finding>& findings);

/// All labels of a head, picture by picture, and then what only all of them show.
class HeadCheck {
 public:
  /// `options` are those that its classes were chosen by.
  HeadCheck(const DatasetOptions& options, const KnownClasses& known, const LabelCoding& coding, HeadReport& report)
      : options_(options), known_(known), coding_(coding), report_(report) {}

  void Add(const LabelsReport& labels);
  /// Mistakes that no single file shows are added to `findings`, of which some may have told them.
  void CheckWhole(size_t samples, std::vector<Finding>& findings) const;

 private:
  bool FindBlackAndWhite(size_t samples, size_t counted, std::vector<Finding>& findings) const;
  void FindAbsentClasses(std::vector<Finding>& findings) const;
  void FindSimilarNames(std::vector<Finding>& findings) const;
  void FindHiddenCharacters(std::vector<Finding>& findings) const;
  std::string OtherClasses(const std::string& present) const;

  const DatasetOptions options_;
  const KnownClasses& known_;
  const LabelCoding& coding_;
  HeadReport& report_;
  std::map<LabelsReport::Mask, size_t> masks_;  // how many of each form
};

/// The mistakes that a message's hint names come with it: a report has one line for each finding.
std::string WithHint(const Error& error);

}  // namespace fcn
