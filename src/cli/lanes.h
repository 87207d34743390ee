#pragma once

#include <cstddef>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/memory_gate.h"
#include "cli/inputs.h"
#include "cli/picture_writer.h"
#include "fcn/fcn.h"

namespace fcn::cli {

/// How many pictures are worked on at once. Many small ones are done fastest side by side, each on one core; a few, or
/// large ones, one after the other on all cores.
class Lanes {
 public:
  Lanes(size_t pictures, int threads);
  int count() const { return count_; }

  /// Decodes a picture when there is room for its pixels beside those of other lanes, which it has until `room` ends.
  Image Read(const InputPicture& picture, ReadImageOptions reading, std::vector<ImageNote>& notes,
             std::optional<MemoryGate::Pass>& room);
  /// Segments it beside others where it is small, and alone where it is large.
  Segmentation Segment(const PictureWriter& writer, const Image& image);

 private:
  int count_;
  MemoryGate decoded_;
  std::shared_mutex mutex_;
};

}  // namespace fcn::cli
