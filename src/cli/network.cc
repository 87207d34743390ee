#include "cli/network.h"

#include <filesystem>

namespace fcn::cli {

NamedNetwork OpenNetwork(const std::string& name_or_file) {
  std::error_code ignored;
  // Known names have neither slash nor dot, so that a path is told from a mistyped name without guessing.
  if (std::filesystem::is_regular_file(name_or_file, ignored) ||
      name_or_file.find_first_of("/.") != std::string::npos) {
    Model model = Model::Open(name_or_file);
    return {model.network(), model};
  }
  return {Network::Build(name_or_file), std::nullopt};
}

}  // namespace fcn::cli
