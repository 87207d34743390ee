#pragma once

#include <optional>
#include <string>

#include "fcn/model.h"
#include "fcn/network.h"

namespace fcn::cli {

/// What is named where weights do not matter: a model file, or a network that is known by name.
struct NamedNetwork {
  Network network;
  std::optional<Model> model;  ///< of a file
};

/// Throws Error(kUsage) where there is neither a file nor a network of that name, and as Model::Open does.
NamedNetwork OpenNetwork(const std::string& name_or_file);

}  // namespace fcn::cli
