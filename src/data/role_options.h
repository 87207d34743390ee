#pragma once

#include <string>
#include <vector>

#include "fcn/dataset.h"

namespace fcn {

/// "image, depth:1, infrared:3": inputs by name, in order. With a number behind, a picture of that many bands; without,
/// one in colour. Empty: none. Throws Error(kUsage) for names that no model's input may have, names that come twice,
/// and bands that no picture has.
std::vector<InputInfo> ParseInputs(const std::string& text);
/// The reverse.
std::string InputsText(const std::vector<InputInfo>& inputs);

/// "class, geometry": heads by name, in order. Throws likewise.
std::vector<std::string> ParseHeads(const std::string& text);
std::string HeadsText(const std::vector<std::string>& heads);

/// Throws Error(kUsage) as both do.
void CheckRoles(const DatasetOptions& options);

/// What a sample has: one picture in colour and one label map, both without a name, where the options name none.
std::vector<InputInfo> InputsOf(const DatasetOptions& options);
std::vector<std::string> HeadsOf(const DatasetOptions& options);

}  // namespace fcn
