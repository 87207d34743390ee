#pragma once

#include "base/context.h"
#include "fcn/upper_bound.h"

namespace fcn {

/// UpperBounds of fcn/upper_bound.h.
std::vector<UpperBound> UpperBounds(const Dataset& dataset, std::span<const int> strides, const Context& context,
                                    FunctionRef<void(size_t done, size_t total)> progress);

}  // namespace fcn
