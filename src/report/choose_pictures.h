#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "fcn/comparison.h"

namespace fcn {

struct ChosenPicture {
  size_t place;
  PictureRank rank;
  bool operator==(const ChosenPicture&) const = default;
};

/// `count` pictures at most, from the mean IU of each, in the order in which they are shown: from around the median,
/// upwards; a third of them the best, the best first; a third the worst, the worst first. Of pictures that are equally
/// good the first counts as the worse. Those whose mean IU is no number are left out.
std::vector<ChosenPicture> ChoosePictures(std::span<const double> mean_ius, size_t count);

}  // namespace fcn
