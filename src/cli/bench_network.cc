#include "cli/bench_network.h"

#include <filesystem>

#include "models/initialise.h"
#include "models/zoo.h"

namespace fcn::cli {

TimedNetwork OpenTimedNetwork(const std::string& name_or_file) {
  std::error_code ignored;
  // Names of the zoo have neither slash nor dot, so that a path is told from a mistyped name without guessing.
  if (std::filesystem::is_regular_file(name_or_file, ignored) ||
      name_or_file.find_first_of("/.") != std::string::npos) {
    ModelContents model = LoadModel(name_or_file);
    return {model.name, model.graph, SourceOf(model.weights), model.input().preprocessing, model};
  }
  const ZooEntry& entry = FindModel(name_or_file);
  auto graph = std::make_shared<const Graph>(entry.build(static_cast<int>(entry.classes.size())));
  const auto random = [](const Value& parameter) {
    return RandomParameter(parameter.name, parameter.parameter_shape, 0);
  };
  return {std::string(entry.name), std::move(graph), SourceOf(random), entry.preprocessing, std::nullopt};
}

}  // namespace fcn::cli
