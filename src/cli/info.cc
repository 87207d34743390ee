#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "cli/as_error.h"
#include "cli/model_text.h"
#include "cli/network.h"
#include "cli/training_plan.h"
#include "cli/verbs.h"
#include "graph/by_value.h"
#include "graph/coordinates.h"
#include "graph/cost.h"
#include "graph/text.h"
#include "models/zoo.h"
#include "segment/dense_graph.h"

namespace fcn::cli {
namespace {

struct InfoOptions {
  std::string model, size;
  int batch = 1;
  bool graph = false, train = false;
};

struct Described {
  Network network;
  Plan plan;
  ByValue<CoordinateMap> coordinates;
  std::vector<int64_t> multiply_adds;  // by node
  std::optional<TrainingPlanned> training;
};

Described Describe(const InfoOptions& options, const CommonOptions& common) {
  Described it{OpenNetwork(options.model), {}, {}, {}, {}};
  ImageSize size{500, 500};
  if (!options.size.empty())
    size = ParseSize(options.size);
  else if (const int crop = it.network.preprocessing.crop; crop > 0)
    size = {crop, crop};
  const Context context(common.threads, common.chosen_isa());
  const std::vector<Nhwc> inputs = PictureShapes(*it.network.graph, options.batch, size.height, size.width);
  it.plan = MakePlan(it.network.graph, inputs, common.compile_options(), context);
  it.coordinates = InferCoordinates(*it.network.graph, it.plan.shapes);
  it.multiply_adds = MultiplyAdds(*it.network.graph, it.plan.shapes);
  if (options.train) it.training = PlanTraining(it.network, inputs, common, context);
  return it;
}

// "×2 −0.5": the index of a value's row times 2, minus a half, is its centre in the image. One figure where both axes
// agree.
std::string Position(const CoordinateMap& map) {
  const auto axis = [](const AxisMap& a) { return fmt::format("{:g}i{:+g}", a.scale, a.offset); };
  return map.y == map.x ? axis(map.y) : axis(map.y) + ", " + axis(map.x);
}

std::string Field(const CoordinateMap& map) {
  return map.y.receptive_field == map.x.receptive_field
             ? fmt::format("{:g}", map.y.receptive_field)
             : fmt::format("{:g}x{:g}", map.x.receptive_field, map.y.receptive_field);
}

int64_t NodeParameters(const Graph& graph, const Node& node) {
  int64_t count = 0;
  for (ValueId id : node.inputs)
    if (graph.value(id).kind == ValueKind::kParameter) count += graph.value(id).parameter_shape.elements();
  return count;
}

/// Its shape, and its type where it is not float32.
std::string OutputText(const Described& it, ValueId id) {
  const ValueType& type = it.network.graph->value(id).type;
  const std::string shape = ToString(it.plan.shapes[id]);
  return type == ValueType() ? shape : fmt::format("{} {}", shape, ElementName(type.element));
}

/// How far the pixels of an output are apart in the image, and what each sees of it: of the only or first output, or of
/// each head.
std::string OutputsText(const Described& it) {
  const Graph& graph = *it.network.graph;
  const size_t heads = it.network.model ? it.network.model->heads.size() : 1;
  std::string text;
  for (size_t i = 0; i < heads; i++) {
    const CoordinateMap& map = it.coordinates[graph.outputs()[i]];
    text += fmt::format("output{}: stride {:g}, receptive field {}\n",
                        heads > 1 ? " " + it.network.model->heads[i].name : "", map.y.scale, Field(map));
  }
  return text;
}

double Sum(const std::vector<int64_t>& counts) {
  double sum = 0;
  for (int64_t count : counts) sum += static_cast<double>(count);
  return sum;
}

std::string Text(const Described& it) {
  const Graph& graph = *it.network.graph;
  size_t width = 5;
  for (const Node& node : graph.nodes()) width = std::max(width, graph.value(node.output).name.size());
  std::string text = fmt::format("{} at {}x{}\n\n{:<{}}  {:<18} {:>18} {:>12} {:>10} {:>9} {}\n", it.network.name,
                                 it.plan.input_shapes[0].w, it.plan.input_shapes[0].h, "layer", width, "operation",
                                 "output", "parameters", "M mult-add", "rec.field", "centre in the image");
  for (size_t i = 0; i < graph.nodes().size(); i++) {
    const Node& node = graph.nodes()[i];
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<18} {:>18} {:>12} {:>10.1f} {:>9} {}\n",
                   graph.value(node.output).name, width, OpName(node.op), OutputText(it, node.output),
                   NodeParameters(graph, node), static_cast<double>(it.multiply_adds[i]) / 1e6,
                   Field(it.coordinates[node.output]), Position(it.coordinates[node.output]));
  }
  const MemoryForecast& memory = it.plan.memory;
  text += fmt::format(
      "\n{} layers, {:.2f} million parameters, {:.2f} G multiply-adds\n"
      "{}"
      "planned memory: {:.1f} MB = packed weights {:.1f} + activations and scratch {:.1f} + input and output {:.1f}{}"
      " (packing needs {:.1f} for a moment)\n",
      graph.nodes().size(), static_cast<double>(ParameterCount(graph)) / 1e6, Sum(it.multiply_adds) / 1e9,
      OutputsText(it), static_cast<double>(memory.peak()) / 1e6, static_cast<double>(memory.packed_weights) / 1e6,
      static_cast<double>(memory.arena) / 1e6, static_cast<double>(memory.inputs + memory.outputs) / 1e6,
      memory.rims > 0 ? fmt::format(" + rims {:.1f}", static_cast<double>(memory.rims) / 1e6) : "",
      static_cast<double>(memory.packing) / 1e6);
  if (it.training)
    text +=
        fmt::format("planned memory of training: {:.1f} MB = weights {:.1f} + momentum {:.1f} + step {:.1f}\n",
                    static_cast<double>(it.training->bytes()) / 1e6, static_cast<double>(it.training->weights) / 1e6,
                    static_cast<double>(it.training->momentum) / 1e6,
                    static_cast<double>(it.training->step->planned_bytes()) / 1e6);
  if (it.network.model) text += ModelText(*it.network.model);
  return text;
}

nlohmann::ordered_json Json(const Described& it) {
  const Graph& graph = *it.network.graph;
  const MemoryForecast& memory = it.plan.memory;
  nlohmann::ordered_json json = {{"model", it.network.name},
                                 {"width", it.plan.input_shapes[0].w},
                                 {"height", it.plan.input_shapes[0].h},
                                 {"parameters", ParameterCount(graph)},
                                 {"multiply_adds", Sum(it.multiply_adds)},
                                 {"planned_memory",
                                  {{"peak", memory.peak()},
                                   {"packed_weights", memory.packed_weights},
                                   {"arena", memory.arena},
                                   {"rims", memory.rims},
                                   {"inputs", memory.inputs},
                                   {"outputs", memory.outputs},
                                   {"packing", memory.packing}}}};
  if (it.training)
    json["planned_training_memory"] = {{"peak", it.training->bytes()},
                                       {"weights", it.training->weights},
                                       {"momentum", it.training->momentum},
                                       {"step", it.training->step->planned_bytes()}};
  for (size_t i = 0; i < graph.nodes().size(); i++) {
    const Node& node = graph.nodes()[i];
    const CoordinateMap& map = it.coordinates[node.output];
    const Nhwc& shape = it.plan.shapes[node.output];
    json["layers"].push_back({{"name", graph.value(node.output).name},
                              {"operation", OpName(node.op)},
                              {"output", {shape.n, shape.h, shape.w, shape.c}},
                              {"type", ElementName(graph.value(node.output).type.element)},
                              {"parameters", NodeParameters(graph, node)},
                              {"multiply_adds", it.multiply_adds[i]},
                              {"receptive_field", {map.y.receptive_field, map.x.receptive_field}},
                              {"scale", {map.y.scale, map.x.scale}},
                              {"offset", {map.y.offset, map.x.offset}}});
  }
  if (it.network.model) AddModelJson(*it.network.model, json);
  return json;
}

int RunInfo(const InfoOptions& options, const CommonOptions& common) {
  if (options.model.empty()) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::string text = "Networks that fcn builds by name:\n";
    for (const ZooEntry& entry : Zoo()) {
      json.push_back({{"name", entry.name}, {"description", entry.description}});
      text += fmt::format("  {:<28} {}\n", entry.name, entry.description);
    }
    PrintResult(common, json, text);
    return 0;
  }
  if (options.graph) {
    const std::string graph = PrintGraph(*OpenNetwork(options.model).graph);
    PrintResult(common, {{"graph", graph}}, graph);
    return 0;
  }
  const Described described = Describe(options, common);
  PrintResult(common, Json(described), common.json ? "" : Text(described));
  return 0;
}

}  // namespace

void AddInfo(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* verb = app.add_subcommand("info", "Layers, costs, coordinates and memory of a network at a size");
  verb->add_option("model", options->model, "A network's name or a model file; without it, all names are listed");
  verb->add_option("--size", options->size, "Size of the image in pixels (default: the classifier's, or 500x500)")
      ->type_name("WIDTHxHEIGHT");
  verb->add_option("-b,--batch-size,--batch", options->batch, "Images at once")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_flag("--train", options->train, "Say as well what a step of training would need: SGD with momentum");
  verb->add_flag("--graph", options->graph, "Print the network as text instead");
  verb->footer("\"centre in the image\" maps an output's row or column i to pixels: 8i-3.5 is 8 times i, minus 3.5.");
  verb->final_callback([options, &common, &run] {
    run = [options, &common] { return Naming(options->model, [&] { return RunInfo(*options, common); }); };
  });
}

}  // namespace fcn::cli
