#include "train/start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "fcn/error.h"
#include "formats/safetensors.h"
#include "formats/weights.h"
#include "models/initialise.h"
#include "train/checkpoint.h"
#include "train/checkpoint_roles.h"
#include "train/config.h"

namespace fcn {
namespace {

ImportSource SourceOfCheckpoint(Checkpoint checkpoint, const std::string& file, bool average) {
  const TrainConfig config = ParseConfig(checkpoint.config, file);
  ImportSource source;
  source.file = file;
  Model& model = source.model.emplace();
  model.name = checkpoint.network;
  model.head().classes = config.classes;
  model.head().palette = config.palette;
  model.input().preprocessing =
      config.preprocessing.empty() ? FindModel(model.name).preprocessing : PreprocessingFromText(config.preprocessing);
  ReadRoles(checkpoint, source.file, model);
  const auto averages = checkpoint.states.find("ema");
  if (averages == checkpoint.states.end()) {
    source.tensors = std::move(checkpoint.weights);
  } else {
    source.tensors = std::move(average ? averages->second : checkpoint.weights);
    source.notes.emplace_back(average ? "the checkpoint's moving average was taken, as in the models of its training"
                                      : "the checkpoint's weights were taken, not their moving average");
  }
  return source;
}

}  // namespace

ImportSource ReadStart(const std::filesystem::path& file, bool average) {
  WeightsFile weights = ReadWeights(file);
  if (!IsCheckpoint(weights.metadata)) return ImportSourceOf(std::move(weights), file.string());
  SafetensorsFile checkpoint{std::move(weights.tensors), std::move(weights.metadata)};
  return SourceOfCheckpoint(CheckpointOf(std::move(checkpoint), file.string()), file.string(), average);
}

const ZooEntry& SegmentationNetwork(const std::string& name) {
  const ZooEntry& entry = FindModel(name);
  if (entry.is_classifier())
    throw Error(ErrorCode::kUsage, fmt::format("{} is a classifier: it gives no class to a pixel", name),
                fmt::format("Train a fully convolutional network made from it: fcn8s-{}", name));
  return entry;
}

TrainingStart StartTraining(const std::string& network, const std::vector<std::string>& classes,
                            const std::string& file, uint64_t seed, const std::optional<Preprocessing>& preprocessing) {
  const ZooEntry& entry = SegmentationNetwork(network);
  if (!file.empty()) {
    ImportOptions options;
    options.classes = classes;
    options.new_head = ImportOptions::NewHead::kWhereNeeded;
    options.preprocessing = preprocessing;
    Imported imported = ImportWeights(entry, ReadStart(file, /*average=*/false), options);
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
  TrainingStart start{MakeModel(entry, std::move(weights), classes), std::move(report)};
  if (preprocessing) start.model.input().preprocessing = *preprocessing;
  return start;
}

std::vector<std::string> StartNotices(const TrainingStart& start, const std::string& file) {
  std::vector<std::string> notices;
  if (file.empty()) return notices;
  const ImportReport& report = start.report;
  const size_t classes = start.model.head().classes.size();
  if (report.scored_classes > 0 && report.scored_classes != static_cast<int64_t>(classes))
    notices.push_back(
        fmt::format("{} scores {} classes, the data has {}: layers that depend on their number begin anew", file,
                    report.scored_classes, classes));
  if (!report.initialised.empty())
    notices.push_back(fmt::format("new, not from {}: {}", file, fmt::join(report.initialised, ", ")));
  if (start.model.input().preprocessing != FindModel(start.model.name).preprocessing)
    notices.push_back(fmt::format("preprocessing: {}", report.preprocessing));
  notices.insert(notices.end(), report.notes.begin(), report.notes.end());
  return notices;
}

}  // namespace fcn
