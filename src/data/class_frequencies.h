#pragma once

#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "fcn/dataset_check.h"
#include "fcn/function_ref.h"

namespace fcn {

/// How often the classes occur, in each head of a whole data set. `progress` is called with the samples done, from one
/// thread at a time; what it throws ends the counting. Throws as Dataset::Get does.
std::vector<ClassFrequencies> CountClasses(const Dataset& dataset, const Context& context,
                                           FunctionRef<void(size_t done)> progress);

}  // namespace fcn
