#include "cli/network.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "cli/print.h"

namespace fcn::cli {

bool IsPrototxt(const std::string& file) { return file.ends_with(".prototxt"); }

NamedNetwork OpenNetwork(const std::string& name_or_file, const CaffeOptions& caffe) {
  if (IsPrototxt(name_or_file)) {
    std::vector<std::string> notes;
    const Network network = Network::FromCaffe(name_or_file, caffe, &notes);
    for (const std::string& note : notes) PrintNote(note);
    return {network, std::nullopt};
  }
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
