#pragma once

#include <memory>
#include <optional>
#include <string>

#include "models/model.h"
#include "runtime/weight_source.h"

namespace fcn::cli {

/// What --model names where weights may be random: a model file, or a network of the zoo with counter-based weights
/// that are made while they are packed.
struct TimedNetwork {
  std::string name;
  std::shared_ptr<const Graph> graph;
  WeightSource weights;
  Preprocessing preprocessing;
  std::optional<ModelContents> model;  ///< of a file
};

/// Throws Error(kUsage) where there is neither a file nor a network of that name, and as LoadModel does.
TimedNetwork OpenTimedNetwork(const std::string& name_or_file);

}  // namespace fcn::cli
