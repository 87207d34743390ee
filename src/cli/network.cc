#include "cli/network.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "cli/print.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn::cli {

bool IsPrototxt(const std::string& file) { return file.ends_with(".prototxt"); }

void CheckHasOwnForm(const std::string& file, const NetworkForm& form) {
  if (form == NetworkForm{}) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} has a form of its own, and --upsampling, --skip-scale and --fc-channels choose one",
                          Quoted(file)),
              "Leave them out: they are of networks that are known by name, which fcn info lists.");
}

NamedNetwork OpenNetwork(const std::string& name_or_file, const NetworkForm& form, const CaffeOptions& caffe) {
  if (IsPrototxt(name_or_file)) {
    CheckHasOwnForm(name_or_file, form);
    std::vector<std::string> notes;
    const Network network = Network::FromCaffe(name_or_file, caffe, &notes);
    for (const std::string& note : notes) PrintNote(note);
    return {network, std::nullopt};
  }
  std::error_code ignored;
  // Known names have neither slash nor dot, so that a path is told from a mistyped name without guessing.
  if (std::filesystem::is_regular_file(name_or_file, ignored) ||
      name_or_file.find_first_of("/.") != std::string::npos) {
    CheckHasOwnForm(name_or_file, form);
    Model model = Model::Open(name_or_file);
    return {model.network(), model};
  }
  NetworkOptions options;
  options.form = form;
  return {Network::Build(name_or_file, options), std::nullopt};
}

}  // namespace fcn::cli
