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

/// Whether a file is a net of Caffe's, by its name: .prototxt.
bool IsPrototxt(const std::string& file);

/// Throws Error(kUsage) where a form is chosen for what is not known by name.
void CheckHasOwnForm(const std::string& file, const NetworkForm& form);

/// A net of Caffe's is read as `caffe` says, and what may matter of it is printed; a network by name has that form.
/// Throws Error(kUsage) where there is neither a file nor a network of that name, and as CheckHasOwnForm, Model::Open,
/// Network::Build and Network::FromCaffe do.
NamedNetwork OpenNetwork(const std::string& name_or_file, const NetworkForm& form, const CaffeOptions& caffe = {});

}  // namespace fcn::cli
