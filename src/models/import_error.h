#pragma once

#include <string>
#include <vector>

#include "models/import.h"
#include "models/name_fit.h"

namespace fcn {

/// Throws Error(kInput): the source does not fit the network, which has these inputs. Says what is missing, has another
/// shape or scores another number of classes than the rest among what was `found` under `fit` (or that nothing fits,
/// where it is nullptr), what the file has, and which other network of the zoo it fits, if one does.
[[noreturn]] void ThrowDoesNotFit(const ZooEntry& entry, const ImportSource& source,
                                  const std::vector<InputPort>& inputs, const std::vector<WantedParameter>& wanted,
                                  const NameFit* fit, const FoundTensors& found);

/// Throws Error(kInput): the file has a head that would be lost, as LostHead says, beside `found` tensors of the
/// network.
[[noreturn]] void ThrowLostHead(const ZooEntry& entry, const ImportSource& source, const std::string& lost,
                                size_t found);

}  // namespace fcn
