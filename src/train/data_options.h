#pragma once

#include <string>

#include "data/open.h"
#include "train/config.h"

namespace fcn {

/// Where a configuration's data is and what its labels mean, for one split.
DatasetOptions DatasetOptionsOf(const TrainConfig& config, const std::string& split);

}  // namespace fcn
