#pragma once

#include <memory>
#include <optional>
#include <string>

#include "models/model.h"
#include "runtime/weight_source.h"

namespace fcn::cli {

/// What --model names where weights may be random: a model file, or a network of the zoo with counter-based weights
/// that are made while they are packed.
struct Network {
  std::string name;
  std::shared_ptr<const Graph> graph;
  WeightSource weights;
  Preprocessing preprocessing;
  std::optional<Model> model;  ///< of a file

  int64_t input_channels() const { return graph->value(graph->inputs()[0]).channels; }
};

/// What for: a model that this version cannot run (CheckCanRun) may be described all the same.
enum class NetworkUse { kRun, kDescribe };

/// Throws Error(kUsage) where there is neither a file nor a network of that name, and as LoadModel does.
Network OpenNetwork(const std::string& name_or_file, NetworkUse use = NetworkUse::kRun);

}  // namespace fcn::cli
