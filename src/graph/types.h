#pragma once

#include <span>

#include "graph/graph.h"

namespace fcn {

/// The type of what an operation gives that reads these: the first ActivationsRead(op) of `inputs` (parameters are
/// float32 always, and of a "like" the type does not matter). Throws Error(kInput) that names the input, its type and
/// the one that is needed.
ValueType OutputTypeOf(const Op& op, std::span<const Value* const> inputs);

}  // namespace fcn
