#include "fcn/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/depth.h"
#include "graph/text.h"
#include "library/network_access.h"
#include "library/picture_size.h"
#include "library/runtime_access.h"
#include "models/binary.h"
#include "models/zoo.h"
#include "runtime/plan.h"
#include "segment/dense_graph.h"
#include "train/momentum_step.h"

namespace fcn {
namespace {

std::vector<ModelInput> InputsOf(const Graph& graph, const std::vector<InputRole>& roles) {
  std::vector<ModelInput> inputs;
  for (size_t i = 0; i < roles.size(); i++)
    inputs.push_back({.name = roles[i].name,
                      .bands = graph.value(graph.inputs()[i]).channels,
                      .preprocessing = roles[i].preprocessing});
  return inputs;
}

std::vector<ModelHead> HeadsOf(const Graph& graph, const std::vector<HeadRole>& roles) {
  std::vector<ModelHead> heads;
  for (size_t i = 0; i < roles.size(); i++)
    heads.push_back({.name = roles[i].name,
                     .classes = roles[i].classes,
                     .palette = roles[i].palette,
                     .loss_weight = roles[i].loss_weight,
                     .binary = IsBinary(graph, i)});
  return heads;
}

/// One picture of three bands and one head need no names.
bool NeedsNames(const Graph& graph) {
  return graph.inputs().size() != 1 || graph.outputs().size() != 1 || graph.value(graph.inputs()[0]).channels != 3;
}

Layer LayerOf(const Graph& graph, const Node& node, const Nhwc& shape) {
  Layer layer;
  layer.name = graph.value(node.output).name;
  layer.operation = OpName(node.op);
  layer.shape = {shape.n, shape.h, shape.w, shape.c};
  layer.type = ElementName(graph.value(node.output).type.element);
  for (const ValueId id : node.inputs)
    if (graph.value(id).kind == ValueKind::kParameter) layer.parameters += graph.value(id).parameter_shape.elements();
  return layer;
}

}  // namespace

struct Network::Impl {
  Impl(std::string its_name, std::shared_ptr<const Graph> its_graph, std::vector<ModelInput> its_inputs,
       std::vector<ModelHead> its_heads)
      : name(std::move(its_name)),
        graph(std::move(its_graph)),
        inputs(std::move(its_inputs)),
        heads(std::move(its_heads)) {}

  std::string name;
  std::shared_ptr<const Graph> graph;
  std::vector<ModelInput> inputs;
  std::vector<ModelHead> heads;
};

std::vector<ZooNetwork> Network::Zoo() {
  std::vector<ZooNetwork> networks;
  for (const ZooEntry& entry : fcn::Zoo())
    networks.push_back({.name = std::string(entry.name), .description = std::string(entry.description)});
  return networks;
}

Network Network::Build(const std::string& name, const NetworkOptions& options) {
  const ZooEntry& entry = FindModel(name);
  CheckForm(entry, options.form);
  Ports ports = entry.ports(static_cast<int>(entry.classes.size()));
  ports.form = options.form;
  std::vector<HeadRole> heads(1);
  heads[0].classes = entry.class_names();
  if (!options.inputs.empty()) {
    ports.inputs.clear();
    for (const InputInfo& input : options.inputs) ports.inputs.push_back(PortOf(input));
  }
  if (!options.heads.empty()) {
    ports.heads.clear(), heads.clear();
    for (const HeadInfo& head : options.heads) {
      const bool is_binary = options.binary && head.classes.size() == 2;
      ports.heads.push_back({.name = head.name, .scores = is_binary ? 1 : static_cast<int>(head.classes.size())});
      heads.push_back({.name = head.name, .classes = head.classes, .palette = head.palette});
    }
  }
  const ModelContents model = NetworkFor(entry, ports, std::move(heads));
  return NetworkAccess::Make(model.name, model.graph, model.inputs, model.heads);
}

Network Network::FromText(const std::string& text, const std::string& name) {
  auto graph = [&] {
    try {
      return std::make_shared<const Graph>(ParseGraph(text));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", name, error.message()), error.hint());
    }
  }();
  if (graph->inputs().empty() || graph->outputs().empty())
    throw Error(ErrorCode::kInput, fmt::format("{} has no input, or no output", name),
                "Lines say them: \"input image channels=3\", \"output scores\".");
  std::vector<InputRole> inputs;
  std::vector<HeadRole> heads;
  for (const ValueId id : graph->inputs()) {
    const Value& value = graph->value(id);
    InputRole& input = inputs.emplace_back();
    if (NeedsNames(*graph)) input.name = value.name;
    if (value.channels != 3) input.preprocessing = PlainBands(value.channels);
  }
  for (const ValueId id : graph->outputs()) {
    HeadRole& head = heads.emplace_back();
    if (NeedsNames(*graph)) head.name = graph->value(id).name;
  }
  return NetworkAccess::Make(name, std::move(graph), inputs, heads);
}

const std::string& Network::name() const& { return impl_->name; }
std::string Network::text() const { return PrintGraph(*impl_->graph); }
const std::vector<ModelInput>& Network::inputs() const& { return impl_->inputs; }
const std::vector<ModelHead>& Network::heads() const& { return impl_->heads; }
bool Network::is_classifier() const { return IsClassifier(*impl_->graph); }
int64_t Network::parameters() const { return ParameterCount(*impl_->graph); }

std::map<std::string, std::vector<int64_t>> Network::weight_shapes() const {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const ValueId id : impl_->graph->Parameters()) {
    const Value& parameter = impl_->graph->value(id);
    const std::span<const int64_t> dims = parameter.parameter_shape.dims();
    shapes.emplace(parameter.name, std::vector<int64_t>(dims.begin(), dims.end()));
  }
  return shapes;
}

std::map<std::string, int64_t> Network::value_types() const {
  std::map<std::string, int64_t> counts;
  for (const Value& value : impl_->graph->values())
    if (value.kind != ValueKind::kParameter) counts[std::string(ElementName(value.type.element))]++;
  return counts;
}

Network Network::Dense(int width, int height, GlobalPooling pooling) const {
  auto graph = std::make_shared<const Graph>(
      DenseNetwork(*impl_->graph, impl_->inputs[0].preprocessing, impl_->name, width, height, pooling));
  std::vector<ModelInput> inputs = impl_->inputs;
  for (ModelInput& input : inputs) input.preprocessing.crop = input.preprocessing.shorter_side = 0;
  return Network(std::make_shared<const Impl>(impl_->name, std::move(graph), std::move(inputs), impl_->heads));
}

Inspection Network::Inspect(const InspectOptions& options, const Runtime& runtime) const {
  const PictureSize size = SizeOf(*this, options.width, options.height, options.pictures);
  const Graph& graph = *impl_->graph;
  Inspection it;
  it.width = size.width, it.height = size.height;
  const std::vector<Nhwc> inputs = PictureShapes(graph, options.pictures, it.height, it.width);
  const CompileOptions compile = RuntimeAccess::CompileOptionsOf(runtime);
  const Context& context = RuntimeAccess::ContextOf(runtime);
  const Plan plan = MakePlan(impl_->graph, inputs, compile, context);
  const ByValue<CoordinateMap> places = InferCoordinates(graph, plan.shapes);
  const std::vector<int64_t> multiply_adds = MultiplyAdds(graph, plan.shapes);
  for (size_t i = 0; i < graph.nodes().size(); i++) {
    const Node& node = graph.nodes()[i];
    Layer& layer = it.layers.emplace_back(LayerOf(graph, node, plan.shapes[node.output]));
    layer.multiply_adds = multiply_adds[i];
    layer.place = places[node.output];
    if (std::holds_alternative<Deconv2d>(node.op)) it.upsampling_parameters += layer.parameters;
    it.multiply_adds += static_cast<double>(multiply_adds[i]);
  }
  for (size_t i = 0; i < impl_->heads.size(); i++)
    it.heads.push_back({.name = impl_->heads[i].name, .place = places[graph.outputs()[i]]});
  it.parameters = parameters();
  it.weighted_layers = WeightedLayers(graph);
  const CoarsestMap coarsest = CoarsestMapOf(graph, places);
  it.largest_stride = coarsest.stride, it.receptive_field = coarsest.receptive_field;
  it.memory = plan.memory;
  if (options.training) {
    const MomentumStep step = MakeMomentumStep(name(), graph, inputs, compile, context);
    it.training = {.weights = step.weights, .momentum = step.momentum, .step = step.step->planned_bytes()};
  }
  return it;
}

const std::shared_ptr<const Graph>& NetworkAccess::GraphOf(const Network& network) { return network.impl_->graph; }

Network NetworkAccess::Make(const std::string& name, std::shared_ptr<const Graph> graph,
                            const std::vector<InputRole>& inputs, const std::vector<HeadRole>& heads) {
  std::vector<ModelInput> its_inputs = InputsOf(*graph, inputs);
  std::vector<ModelHead> its_heads = HeadsOf(*graph, heads);
  return Network(
      std::make_shared<const Network::Impl>(name, std::move(graph), std::move(its_inputs), std::move(its_heads)));
}

}  // namespace fcn
