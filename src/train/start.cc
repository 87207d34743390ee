#include "train/start.h"

#include <fmt/format.h>

#include <vector>

#include "fcn/error.h"
#include "formats/weights.h"
#include "models/initialise.h"
#include "train/checkpoint.h"

namespace fcn {
namespace {

StoredTensor InitialParameter(const Value& parameter, uint64_t seed) {
  const auto& [name, kind, channels, shape] = parameter;
  if (IsScoreParameter(name) || IsUpsamplingParameter(name)) return InitialScoreParameter(name, shape);
  if (shape.rank() > 1) return RandomParameter(name, shape, seed);
  const bool is_one = name.ends_with(".weight") || name.ends_with(".running_var");
  return StoredTensor::FromFloats(shape,
                                  std::vector<float>(static_cast<size_t>(shape.elements()), is_one ? 1.0f : 0.0f));
}

}  // namespace

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
    weights.emplace(parameter.name, InitialParameter(parameter, seed));
    report.initialised.push_back(parameter.name);
  }
  return {MakeModel(entry, std::move(weights), classes), std::move(report)};
}

}  // namespace fcn
