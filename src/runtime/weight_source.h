#pragma once

#include <functional>

#include "runtime/steps/step_kernel.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// Parameters out of tensors that are in memory or mapped; other storage types than float32 are converted on the way.
/// The source holds the tensors. Throws Error(kInput) for a parameter that is not among them, and as CheckUnchanged
/// does for one that is mapped: all that was asked for before is good where the next does not throw.
WeightSource SourceOf(NamedTensors tensors);

/// Parameters that are made when they are asked for, and dropped after.
WeightSource SourceOf(std::function<StoredTensor(const Value&)> generate);

}  // namespace fcn
