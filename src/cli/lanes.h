#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "cli/inputs.h"
#include "fcn/fcn.h"
#include "fcn/side_by_side.h"

namespace fcn::cli {

/// How many pictures are worked on at once, from file to files: many side by side (SegmentRequest::one_of_many), a few
/// one after the other.
class Lanes {
 public:
  Lanes(size_t pictures, int threads);
  int count() const { return count_; }

  /// Decodes a picture for each of a model's inputs when there is room for their pixels beside those of other lanes,
  /// which they have until `room` ends.
  std::vector<Raster> Read(const InputPicture& picture, const std::vector<InputInfo>& inputs, ReadImageOptions reading,
                           std::vector<ImageNote>& notes, std::optional<MemoryGate::Pass>& room);

 private:
  int count_;
  MemoryGate decoded_;
};

}  // namespace fcn::cli
