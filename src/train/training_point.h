#pragma once

#include <cstdint>

namespace fcn {

/// What a training has behind it.
struct TrainingPoint {
  int64_t iteration = 0;  ///< updates done
  int64_t validated = 0;  ///< the iteration of the last validation
  bool operator==(const TrainingPoint&) const = default;
};

}  // namespace fcn
