#pragma once

#include <string>
#include <vector>

#include "fcn/dataset.h"

namespace fcn {

/// How many classes a list of names stands for: a single number of at most five digits is their number.
size_t CountOfClasses(const std::vector<std::string>& classes);
/// Whether it is such a number.
bool IsClassCount(const std::vector<std::string>& classes);

/// What options say about labels, as far as that can be told before any data is looked at: names that can be names and
/// differ, a colour for each class, an ignore index from -1 to 65535, and each value or colour of a head that is there
/// mapped once. Throws
/// Error(kUsage).
void CheckLabelOptions(const DatasetOptions& options);

}  // namespace fcn
