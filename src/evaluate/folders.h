#pragma once

#include <string>

#include "base/context.h"
#include "fcn/evaluate.h"

namespace fcn {

/// As the public function.
Evaluation CompareFolders(const std::string& predictions, const DatasetOptions& truth, const Context& context);

}  // namespace fcn
