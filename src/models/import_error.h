#pragma once

#include <string>
#include <vector>

#include "models/import.h"
#include "models/name_fit.h"

namespace fcn {

/// Throws Error(kInput): the source does not fit the network. Says what is missing or has another shape under `fit` (or
/// that nothing fits, where it is nullptr), what the file has, and which network of the zoo it fits, if one does.
[[noreturn]] void ThrowDoesNotFit(const ZooEntry& entry, const ImportSource& source,
                                  const std::vector<WantedParameter>& wanted, const NameFit* fit);

}  // namespace fcn
