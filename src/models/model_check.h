#pragma once

#include <string>

#include "models/model.h"

namespace fcn {

/// Throws Error(kInput) where names, roles, classes, palettes, preprocessing, golden vectors or precisions are out of
/// range or contradict each other or the graph; `where` (the file) begins the message. CheckWeights has the rest.
void CheckModel(const ModelContents& model, const std::string& where);

}  // namespace fcn
