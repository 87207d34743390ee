#pragma once

#include <map>
#include <string>

#include "models/model.h"

namespace fcn {

/// All of a model but its weights, as the metadata of its file, whose format is the oldest that can say it.
std::map<std::string, std::string> ModelToMetadata(const ModelContents& model);

/// The reverse, strictly. `where` (the file) begins every message. Throws as LoadModel does.
ModelContents ModelFromMetadata(const std::map<std::string, std::string>& metadata, const std::string& where);

/// The format that the metadata are of. Throws as LoadModel does where there is none, or one that is not known.
int FormatOf(const std::map<std::string, std::string>& metadata, const std::string& where);

}  // namespace fcn
