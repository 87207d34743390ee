#pragma once

#include <cstdint>

#include "runtime/plan.h"

namespace fcn {

/// The least bytes that any algorithm moves for this step where nothing is in a cache: its inputs, its parameters and
/// its output, each once; of a crop's input what it keeps, of a tail the residual.
int64_t LeastBytes(const Plan& plan, const Step& step);

}  // namespace fcn
