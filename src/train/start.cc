#include "train/start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "data/input_preprocessing.h"
#include "data/role_options.h"
#include "fcn/error.h"
#include "formats/safetensors.h"
#include "formats/weights.h"
#include "models/first_layer.h"
#include "models/head_match.h"
#include "models/initialise.h"
#include "models/skip_scale.h"
#include "train/checkpoint.h"
#include "train/checkpoint_roles.h"
#include "train/config.h"
#include "train/data_identity.h"

namespace fcn {
namespace {

/// Whether it is a model that names one picture of three bands and one head.
bool IsOfOnePicture(const ImportSource& source) {
  return source.model && source.inputs.size() == 1 && source.inputs[0].channels == kColourBands &&
         source.model->heads.size() == 1;
}

/// What a checkpoint's configuration says of inputs and heads.
void ReadRolesOf(const TrainConfig& config, const Checkpoint& checkpoint, ImportSource& source) {
  ModelContents& model = *source.model;
  const DatasetOptions data = DatasetOptionsOf(config, config.train_split);
  const std::vector<InputInfo> inputs = InputsOf(data);
  Ports ports({}, {});
  for (const InputInfo& input : inputs) ports.inputs.push_back(PortOf(input));
  for (const std::string& head : HeadsOf(data)) ports.heads.push_back({.name = head});
  model.inputs.resize(ports.inputs.size()), model.heads.resize(ports.heads.size());
  if (ports.are_named()) {
    source.inputs = ports.inputs;
    for (size_t i = 0; i < ports.inputs.size(); i++) model.inputs[i].name = ports.inputs[i].name;
    for (size_t i = 0; i < ports.heads.size(); i++) {
      const std::string& name = ports.heads[i].name;
      model.heads[i].name = name.empty() ? std::string(kUnnamedHead) : name;
      model.heads[i].loss_weight = LossWeightOf(config, name);
    }
  } else {
    ReadRoles(checkpoint, source.file, model);
    if (model.names_roles()) source.inputs = {{.name = model.input().name, .channels = kColourBands}};
  }
  const std::vector<std::vector<std::string>> classes = ClassesOf(checkpoint, source.file, model.heads.size());
  for (size_t i = 1; i < classes.size(); i++) model.heads[i].classes = classes[i];
  model.head().classes = model.heads.size() > 1 && !classes.empty() ? classes[0] : config.classes;
  model.head().palette = config.palette;
  // Older checkpoints may not name their network; a run's configuration says the preprocessing in any case.
  const auto entry = std::ranges::find(Zoo(), std::string_view(model.name), &ZooEntry::name);
  const auto preprocessings = ParsePreprocessings(
      config.preprocessing, inputs, entry == Zoo().end() ? Preprocessing{} : entry->colour_preprocessing());
  for (size_t i = 0; i < inputs.size(); i++)
    model.inputs[i].preprocessing = preprocessings[i].value_or(PlainBands(ports.inputs[i].channels));
}

ImportSource SourceOfCheckpoint(Checkpoint checkpoint, const std::string& file, bool average) {
  const TrainConfig config = ParseConfig(checkpoint.config, file);
  ImportSource source;
  source.file = file;
  ModelContents& model = source.model.emplace();
  model.name = checkpoint.network;
  ReadRolesOf(config, checkpoint, source);
  if (config.skip_scale != 1) {
    Ports ports = 1;
    ports.form = FormOf(config), ports.heads.clear();
    for (const HeadRole& head : model.heads) ports.heads.push_back({.name = head.name});
    source.input_scales = InputScales(FindModel(config.model).build(ports));
  }
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

std::vector<InputInfo> InfosOf(const std::vector<InputPort>& ports) {
  std::vector<InputInfo> infos;
  infos.reserve(ports.size());
  for (const InputPort& port : ports) infos.push_back({.name = port.name, .bands = port.channels});
  return infos;
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

TrainingStart StartTraining(const std::string& network, const StartOptions& options) {
  const ZooEntry& entry = SegmentationNetwork(network);
  if (!options.file.empty()) {
    const ImportSource source = ReadStart(options.file, /*average=*/false);
    ImportOptions import;
    import.inputs = InfosOf(options.ports.inputs);
    std::vector<double> loss_weights;
    for (const HeadRole& head : options.heads) {
      import.heads.push_back({.name = head.name, .classes = head.classes, .palette = head.palette});
      loss_weights.push_back(head.loss_weight);
    }
    for (const HeadPort& head : options.ports.heads) import.binary = import.binary || head.scores == 1;
    import.new_bands = options.new_bands;
    import.form = options.ports.form;
    import.new_head = ImportOptions::NewHead::kWhereNeeded;
    import.new_layers = options.new_layers, import.seed = options.seed;
    import.preprocessing = options.preprocessing;
    if (!options.ports.are_named() && IsOfOnePicture(source)) {
      import.inputs = InfosOf(source.inputs);
      import.heads[0].name = source.model->head().name;
      loss_weights[0] = source.model->head().loss_weight;
    }
    const HeadMatch match(source, options.heads);
    for (size_t i = 0; match.is_by_name() && i < import.heads.size(); i++)
      if (const HeadRole* own = match.Of(i)) loss_weights[i] = own->loss_weight;
    const bool has_inputs = !source.inputs.empty() && PlacesOfInputs(source, options.ports.inputs).has_value();
    Imported imported = ImportWeights(entry, source, import);
    for (size_t i = 0; i < loss_weights.size(); i++) imported.model.heads[i].loss_weight = loss_weights[i];
    return {std::move(imported.model), std::move(imported.report), has_inputs};
  }
  NamedTensors weights;
  ImportReport report;
  const Graph graph = entry.build(options.ports);
  for (const ValueId id : graph.Parameters()) {
    const Value& parameter = graph.value(id);
    weights.emplace(parameter.name, InitialParameter(parameter.name, parameter.parameter_shape, options.seed));
    report.initialised.push_back(parameter.name);
  }
  TrainingStart start{MakeModel(entry, options.ports, std::move(weights), options.heads), std::move(report)};
  if (options.preprocessing) start.model.input().preprocessing = *options.preprocessing;
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
  if (!report.preprocessing.empty() &&
      start.model.input().preprocessing != FindModel(start.model.name).colour_preprocessing())
    notices.push_back(fmt::format("preprocessing: {}", report.preprocessing));
  notices.insert(notices.end(), report.notes.begin(), report.notes.end());
  return notices;
}

}  // namespace fcn
