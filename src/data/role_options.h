#pragma once

#include <string>
#include <vector>

#include "fcn/dataset.h"

namespace fcn {

/// The reverse of ParseInputs and ParseHeads.
std::string InputsText(const std::vector<InputInfo>& inputs);
std::string HeadsText(const std::vector<std::string>& heads);

/// Throws Error(kUsage) as both do.
void CheckRoles(const DatasetOptions& options);

/// What a sample has: one picture in colour and one label map, both without a name, where the options name none.
std::vector<InputInfo> InputsOf(const DatasetOptions& options);
std::vector<std::string> HeadsOf(const DatasetOptions& options);

}  // namespace fcn
