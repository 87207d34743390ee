#pragma once

#include <cstdint>

#include "base/context.h"
#include "fcn/dataset_check.h"
#include "fcn/function_ref.h"

namespace fcn {

/// As the public function. Pictures are read side by side as far as `memory` bytes go, and large ones alone; 0: an
/// eighth of the machine's.
DatasetReport CheckDataset(const DatasetOptions& options, const Context& context,
                           FunctionRef<void(size_t done, size_t total)> progress, int64_t memory = 0);

}  // namespace fcn
