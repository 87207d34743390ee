#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace fcn {

/// A label map as runs of equal labels, so that those of a whole data set can be kept: of photographs a fiftieth of the
/// bytes, of noise twice as many.
class LabelRuns {
 public:
  explicit LabelRuns(std::span<const uint16_t> labels) {
    constexpr size_t kLongest = std::numeric_limits<uint16_t>::max();
    for (size_t begin = 0; begin < labels.size();) {
      size_t end = begin + 1;
      while (end < labels.size() && end - begin < kLongest && labels[end] == labels[begin]) end++;
      runs_.push_back({labels[begin], static_cast<uint16_t>(end - begin)});
      begin = end;
    }
    runs_.shrink_to_fit();
  }

  std::vector<uint16_t> Labels() const {
    std::vector<uint16_t> labels;
    for (const Run& run : runs_) labels.insert(labels.end(), run.length, run.label);
    return labels;
  }

  size_t bytes() const { return runs_.size() * sizeof(Run); }

 private:
  struct Run {
    uint16_t label, length;
  };
  std::vector<Run> runs_;
};

}  // namespace fcn
