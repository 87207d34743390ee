#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/memory_gate.h"
#include "cli/inputs.h"
#include "fcn/fcn.h"

namespace fcn::cli {

/// How many pictures are worked on at once, from file to files: many side by side (SegmentRequest::one_of_many), a few
/// one after the other.
class Lanes {
 public:
  Lanes(size_t pictures, int threads);
  int count() const { return count_; }

  /// Decodes a picture when there is room for its pixels beside those of other lanes, which it has until `room` ends.
  Image Read(const InputPicture& picture, ReadImageOptions reading, std::vector<ImageNote>& notes,
             std::optional<MemoryGate::Pass>& room);

 private:
  int count_;
  MemoryGate decoded_;
};

}  // namespace fcn::cli
