#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/model.h"

namespace fcn {

// The JSON in a model file's metadata, to and from what it says: docs/formats.md has every member. What is read throws
// nlohmann::json::exception, whose text says where in the JSON ("[1].loss_weight: …"), for anything that is malformed;
// whether it makes sense is CheckModel's to say.

nlohmann::json ToJson(const Preprocessing& preprocessing);
Preprocessing ParsePreprocessing(const nlohmann::json& value);

nlohmann::json ToJson(const std::vector<Colour>& palette);
std::vector<Colour> ParsePalette(const nlohmann::json& value);

nlohmann::json ToJson(const std::vector<GoldenVector>& goldens);
/// Where `strict`, as since format 2, members that are not known are refused; before, they were passed over.
std::vector<GoldenVector> ParseGoldens(const nlohmann::json& value, bool strict);

// Of format 2.

nlohmann::json ToJson(const std::vector<InputRole>& inputs);
std::vector<InputRole> ParseInputs(const nlohmann::json& value);

nlohmann::json ToJson(const std::vector<HeadRole>& heads);
std::vector<HeadRole> ParseHeads(const nlohmann::json& value);

nlohmann::json ToJson(const std::vector<VerifiedPrecision>& precisions);
std::vector<VerifiedPrecision> ParsePrecisions(const nlohmann::json& value);

}  // namespace fcn
