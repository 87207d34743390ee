#pragma once

#include <map>
#include <string>

#include "models/model.h"

namespace fcn {

/// All of a model but its weights, as the metadata of its file.
std::map<std::string, std::string> ModelToMetadata(const Model& model);

/// The reverse, strictly. `where` (the file) begins every message. Throws as LoadModel does.
Model ModelFromMetadata(const std::map<std::string, std::string>& metadata, const std::string& where);

/// Throws Error(kInput) where names, classes, palette, preprocessing or golden vectors are out of range or contradict
/// each other or the graph.
void CheckModel(const Model& model, const std::string& where);

}  // namespace fcn
