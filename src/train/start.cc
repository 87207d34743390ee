#include "train/start.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "formats/weights.h"
#include "models/initialise.h"
#include "train/checkpoint.h"

namespace fcn {
TrainingStart StartTraining(const std::string& network, const std::vector<std::string>& classes,
                            const std::string& file, uint64_t seed) {
  const ZooEntry& entry = FindModel(network);
  if (entry.is_classifier())
    throw Error(ErrorCode::kUsage, fmt::format("{} is a classifier: it gives no class to a pixel", network),
                fmt::format("Train a fully convolutional network made from it: fcn8s-{}", network));
  if (!file.empty()) {
    const NamedTensors weights = IsCheckpoint(file) ? LoadCheckpoint(file).weights : ReadWeights(file);
    Imported imported = ImportWeights(entry, weights, file, classes);
    return {std::move(imported.model), std::move(imported.report)};
  }
  NamedTensors weights;
  ImportReport report;
  const Graph graph = entry.build(static_cast<int>(classes.size()));
  for (const ValueId id : graph.Parameters()) {
    const Value& parameter = graph.value(id);
    weights.emplace(parameter.name, InitialParameter(parameter.name, parameter.parameter_shape, seed));
    report.initialised.push_back(parameter.name);
  }
  return {MakeModel(entry, std::move(weights), classes), std::move(report)};
}

}  // namespace fcn
