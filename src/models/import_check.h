#pragma once

#include "models/import.h"
#include "models/name_fit.h"

namespace fcn {

/// Throws Error(kInput) naming the file and the tensor where one that is used, by its parameter, holds no
/// floating-point numbers, infinite ones, or a negative variance.
void CheckUsed(const ImportSource& source, const FoundTensors& used);

}  // namespace fcn
