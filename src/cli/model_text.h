#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "fcn/model.h"

namespace fcn::cli {

// What fcn info says of a model file beside its network: inputs and heads, the types of weights and values, and the
// precisions that it was verified for.

std::string ModelText(const Model& model);
void AddModelJson(const Model& model, nlohmann::ordered_json& json);

}  // namespace fcn::cli
