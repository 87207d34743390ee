#pragma once

#include <functional>

#include "base/whole_file.h"
#include "runtime/steps/step_kernel.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// Parameters out of tensors that are in memory or mapped; other storage types than float32 are converted on the way.
/// The source holds the tensors. Throws Error(kInput) for a parameter that is not among them, and as CheckUnchanged
/// does for one whose file changed by then, and Error(kInput) for a mapped one that has infinite elements or NaNs; what
/// is used of a mapped one after that is to be checked again (MappedFileOf).
WeightSource SourceOf(NamedTensors tensors);

/// Parameters that are made when they are asked for, and dropped after.
WeightSource SourceOf(std::function<StoredTensor(const Value&)> generate);

/// The file whose pages a parameter's values are; null where they are in memory.
const WholeFile* MappedFileOf(const ParameterData& parameter);

}  // namespace fcn
