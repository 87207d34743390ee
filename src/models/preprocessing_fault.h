#pragma once

#include <string>

#include "fcn/preprocessing.h"

namespace fcn {

/// Means, deviations, ranges and what they make of a sample are no larger than this, deviations no smaller than its
/// inverse: a network can compute with such numbers.
inline constexpr float kLargestInput = 1e30f;

/// What would keep a preprocessing from giving numbers to a network: "samples range from 5 to 5", "preprocessing has a
/// mean of 0.5 and a deviation of 0". Empty where nothing would.
std::string PreprocessingFault(const Preprocessing& preprocessing);

}  // namespace fcn
