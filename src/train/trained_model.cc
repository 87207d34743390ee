#include "train/trained_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "fcn/error.h"
#include "graph/cost.h"
#include "models/binary.h"
#include "models/half.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "segment/golden.h"

namespace fcn {
namespace {

/// How many classes the data has, head by head where these have names.
std::string NoneIsOfTwo(const Dataset& data) {
  if (data.heads()[0].name.empty()) return fmt::format("the data has {} classes, not two", data.classes().size());
  std::vector<std::string> counts;
  for (const HeadInfo& head : data.heads()) counts.push_back(fmt::format("{} has {}", head.name, head.classes.size()));
  return fmt::format("no head has two classes: {}", fmt::join(counts, ", "));
}

Ports PortsFor(const ZooEntry& entry, const TrainConfig& config, const Dataset& data) {
  std::vector<InputPort> inputs;
  for (const InputInfo& input : data.inputs()) inputs.push_back(PortOf(input));
  std::vector<HeadPort> heads;
  bool any_binary = false;
  for (const HeadInfo& head : data.heads()) {
    const bool binary = config.binary && head.classes.size() == 2;
    any_binary = any_binary || binary;
    heads.push_back({.name = head.name, .scores = binary ? 1 : static_cast<int>(head.classes.size())});
  }
  if (config.binary && !any_binary)
    throw Error(ErrorCode::kUsage, fmt::format("binary is true, and {}", NoneIsOfTwo(data)),
                "Heads of two classes can have one score; leave binary out for others.");
  Ports ports(std::move(inputs), std::move(heads));
  ports.form = FormOf(config);
  CheckPorts(ports);
  CheckForm(entry, ports.form);
  return ports;
}

Ports PortsOf(const ModelContents& model) {
  Ports ports({}, {});
  for (size_t i = 0; i < model.inputs.size(); i++)
    ports.inputs.push_back(
        {.name = model.inputs[i].name, .channels = model.graph->value(model.graph->inputs()[i]).channels});
  for (const HeadRole& head : model.heads) ports.heads.push_back({.name = head.name});
  return ports;
}

}  // namespace

TrainedModel::TrainedModel(const ModelContents& model) : ports_(PortsOf(model)), model_(model), is_half_(false) {
  model_.weights.clear(), model_.golden.clear(), model_.precisions.clear();
}

TrainedModel::TrainedModel(const ZooEntry& entry, const TrainConfig& config, const Dataset& data)
    : ports_(PortsFor(entry, config, data)), is_half_(config.half) {
  model_.name = entry.name;
  model_.graph = std::make_shared<const Graph>(entry.build(ports_));
  const bool named = ports_.are_named();
  model_.inputs.clear(), model_.heads.clear();
  for (size_t i = 0; i < ports_.inputs.size(); i++) {
    const InputPort& port = ports_.inputs[i];
    const bool is_colour = data.inputs()[i].bands == 0;
    model_.inputs.push_back({.name = named ? port.name : "",
                             .preprocessing = is_colour ? entry.colour_preprocessing() : PlainBands(port.channels)});
  }
  for (const HeadInfo& head : data.heads())
    model_.heads.push_back({.name = named && head.name.empty() ? std::string(kUnnamedHead) : head.name,
                            .classes = head.classes,
                            .palette = head.palette,
                            .loss_weight = LossWeightOf(config, head.name)});
  NameBothClasses(model_);
}

std::vector<HeadLoss> TrainedModel::losses() const {
  if (model_.heads.size() == 1) return {{}};
  std::vector<HeadLoss> losses;
  losses.reserve(model_.heads.size());
  for (const HeadRole& head : model_.heads) losses.push_back({head.name, static_cast<float>(head.loss_weight)});
  return losses;
}

std::vector<Nhwc> TrainedModel::Inputs(int64_t n, int64_t height, int64_t width) const {
  std::vector<Nhwc> shapes;
  shapes.reserve(ports_.inputs.size());
  for (const InputPort& port : ports_.inputs) shapes.push_back({n, height, width, port.channels});
  return shapes;
}

std::vector<Preprocessing> TrainedModel::preprocessings() const {
  std::vector<Preprocessing> all;
  all.reserve(model_.inputs.size());
  for (const InputRole& input : model_.inputs) all.push_back(input.preprocessing);
  return all;
}

void TrainedModel::SetPreprocessings(const std::vector<Preprocessing>& preprocessings) {
  for (size_t i = 0; i < preprocessings.size(); i++) model_.inputs[i].preprocessing = preprocessings[i];
}

void TrainedModel::SetLossWeights(const TrainConfig& config) {
  for (size_t i = 0; i < model_.heads.size(); i++)
    model_.heads[i].loss_weight = LossWeightOf(config, ports_.heads[i].name);
}

void TrainedModel::TakeNames(const ModelContents& start) {
  if (ports_.are_named()) return;
  model_.input().name = start.input().name;
  model_.head().name = start.head().name, model_.head().loss_weight = start.head().loss_weight;
}

void TrainedModel::ReadFrom(const Checkpoint& checkpoint, const std::string& where) {
  if (!ports_.are_named()) ReadRoles(checkpoint, where, model_);
}

void TrainedModel::WriteTo(Checkpoint& checkpoint) const {
  if (!ports_.are_named()) WriteRoles(model_, checkpoint);
}

PictureNetwork TrainedModel::With(WeightSource weights) const {
  std::vector<PictureHead> heads;
  heads.reserve(model_.heads.size());
  for (const HeadRole& head : model_.heads) heads.push_back({.name = head.name});
  return {model_.name, model_.graph, std::move(weights), model_.inputs, std::move(heads)};
}

int64_t TrainedModel::FileBytes() const {
  const int64_t bytes = ParameterCount(*network()) * int64_t{sizeof(float)};
  return is_half_ ? bytes / 2 : bytes;
}

void TrainedModel::CheckCanBeSaved(const std::filesystem::path& path, const std::string& data_folder) const {
  try {
    CheckModel(model_, path.string());
    ModelToMetadata(model_);
  } catch (const Error& error) {
    throw Error(
        error.code(), fmt::format("no model could be saved: {}", error.message()),
        fmt::format("Names of classes are UTF-8 without control characters: see classes.txt in {}, or --classes.",
                    data_folder));
  }
}

ModelContents TrainedModel::Complete(const Parameters& weights, const Context& context) const {
  ModelContents model = model_;
  model.weights = weights.ToTensors();
  if (is_half_) model.weights = ToHalf(model.weights);
  model.golden = MakeGoldens(model, context);
  return model;
}

}  // namespace fcn
