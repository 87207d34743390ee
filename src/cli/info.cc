#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "cli/as_error.h"
#include "cli/model_text.h"
#include "cli/network.h"
#include "cli/verbs.h"
#include "fcn/network.h"

namespace fcn::cli {
namespace {

struct InfoOptions {
  std::string model, size, inputs, phase = "test";
  int batch = 1;
  bool graph = false, train = false;
  NetworkForm form;

  ImageSize picture() const { return size.empty() ? ImageSize() : ParseSize(size); }
  CaffeOptions caffe() const {
    const auto [width, height] = picture();
    return {.training = phase == "train", .width = width, .height = height, .inputs = ParseInputs(inputs)};
  }
};

struct Described {
  NamedNetwork named;
  Inspection inspection;
};

Described Describe(const InfoOptions& options, const CommonOptions& common) {
  NamedNetwork named = OpenNetwork(options.model, options.form, options.caffe());
  const auto [width, height] = options.picture();
  const InspectOptions how{.width = width, .height = height, .pictures = options.batch, .training = options.train};
  const Inspection inspection = named.network.Inspect(how, common.runtime());
  return {std::move(named), inspection};
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

/// Its shape, and its type where it is not float32.
std::string OutputText(const Layer& layer) {
  const std::string shape = fmt::format("{}", fmt::join(layer.shape, "x"));
  return layer.type == "float32" ? shape : fmt::format("{} {}", shape, layer.type);
}

/// How far the pixels of an output are apart in the image, and what each sees of it: of the only or first output, or of
/// each head.
std::string OutputsText(const Inspection& it) {
  std::string text;
  for (const InspectedHead& head : it.heads)
    text += fmt::format("output{}: stride {:g}, receptive field {}\n", it.heads.size() > 1 ? " " + head.name : "",
                        head.place.y.scale, Field(head.place));
  return text;
}

/// The parameters that the paper counts, where there are others.
std::string WithoutUpsampling(const Inspection& it) {
  if (it.upsampling_parameters == 0) return "";
  return fmt::format("; {:.2f} million parameters without upsampling",
                     static_cast<double>(it.parameters - it.upsampling_parameters) / 1e6);
}

double Megabytes(int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

std::string Text(const Described& described) {
  const Inspection& it = described.inspection;
  size_t width = 5;
  for (const Layer& layer : it.layers) width = std::max(width, layer.name.size());
  std::string text = fmt::format("{} at {}x{}\n\n{:<{}}  {:<18} {:>18} {:>12} {:>10} {:>9} {}\n",
                                 described.named.network.name(), it.width, it.height, "layer", width, "operation",
                                 "output", "parameters", "M mult-add", "rec.field", "centre in the image");
  for (const Layer& layer : it.layers)
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:<18} {:>18} {:>12} {:>10.1f} {:>9} {}\n", layer.name, width,
                   layer.operation, OutputText(layer), layer.parameters, static_cast<double>(layer.multiply_adds) / 1e6,
                   Field(layer.place), Position(layer.place));
  const MemoryForecast& memory = it.memory;
  text += fmt::format(
      "\n{} layers, {:.2f} million parameters, {:.2f} G multiply-adds\n"
      "{}"
      "longest path: {} weighted layers; coarsest map: stride {:g}, receptive field {:g}{}\n"
      "planned memory: {:.1f} MB = packed weights {:.1f} + activations and scratch {:.1f} + input and output {:.1f}{}"
      " (packing needs {:.1f} for a moment)\n",
      it.layers.size(), static_cast<double>(it.parameters) / 1e6, it.multiply_adds / 1e9, OutputsText(it),
      it.weighted_layers, it.largest_stride, it.receptive_field, WithoutUpsampling(it), Megabytes(memory.peak()),
      Megabytes(memory.packed_weights), Megabytes(memory.arena), Megabytes(memory.inputs + memory.outputs),
      memory.rims > 0 ? fmt::format(" + rims {:.1f}", Megabytes(memory.rims)) : "", Megabytes(memory.packing));
  if (const auto& training = it.training)
    text += fmt::format("planned memory of training: {:.1f} MB = weights {:.1f} + momentum {:.1f} + step {:.1f}\n",
                        Megabytes(training->peak()), Megabytes(training->weights), Megabytes(training->momentum),
                        Megabytes(training->step));
  if (described.named.model) text += ModelText(*described.named.model);
  return text;
}

nlohmann::ordered_json Json(const Described& described) {
  const Inspection& it = described.inspection;
  const MemoryForecast& memory = it.memory;
  nlohmann::ordered_json json = {{"model", described.named.network.name()},
                                 {"width", it.width},
                                 {"height", it.height},
                                 {"parameters", it.parameters},
                                 {"upsampling_parameters", it.upsampling_parameters},
                                 {"multiply_adds", it.multiply_adds},
                                 {"weighted_layers", it.weighted_layers},
                                 {"largest_stride", it.largest_stride},
                                 {"receptive_field", it.receptive_field},
                                 {"planned_memory",
                                  {{"peak", memory.peak()},
                                   {"packed_weights", memory.packed_weights},
                                   {"arena", memory.arena},
                                   {"rims", memory.rims},
                                   {"inputs", memory.inputs},
                                   {"outputs", memory.outputs},
                                   {"packing", memory.packing}}}};
  if (const auto& training = it.training)
    json["planned_training_memory"] = {{"peak", training->peak()},
                                       {"weights", training->weights},
                                       {"momentum", training->momentum},
                                       {"step", training->step}};
  for (const Layer& layer : it.layers) {
    const auto& [y, x] = layer.place;
    json["layers"].push_back({{"name", layer.name},
                              {"operation", layer.operation},
                              {"output", layer.shape},
                              {"type", layer.type},
                              {"parameters", layer.parameters},
                              {"multiply_adds", layer.multiply_adds},
                              {"receptive_field", {y.receptive_field, x.receptive_field}},
                              {"scale", {y.scale, x.scale}},
                              {"offset", {y.offset, x.offset}}});
  }
  if (described.named.model) AddModelJson(*described.named.model, json);
  return json;
}

int RunInfo(const InfoOptions& options, const CommonOptions& common) {
  if (options.model.empty()) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::string text = "Networks that fcn builds by name:\n";
    const std::vector<ZooNetwork> networks = Network::Zoo();
    size_t longest = 0;
    for (const ZooNetwork& entry : networks) longest = std::max(longest, entry.name.size());
    for (const ZooNetwork& entry : networks) {
      json.push_back({{"name", entry.name}, {"description", entry.description}});
      text += fmt::format("  {:<{}} {}\n", entry.name, longest, entry.description);
    }
    PrintResult(common, json, text);
    return 0;
  }
  if (options.graph) {
    const std::string graph = OpenNetwork(options.model, options.form, options.caffe()).network.text();
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
  verb->add_option("model", options->model,
                   "A network's name, a model file or a net of Caffe's (.prototxt); without it, all names are listed");
  verb->add_option("--size", options->size, "Size of the image in pixels (default: the classifier's, or 500x500)")
      ->type_name("WIDTHxHEIGHT");
  verb->add_option("-b,--batch-size,--batch", options->batch, "Images at once")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb->add_flag("--train", options->train, "Say as well what a step of training would need: SGD with momentum");
  verb->add_flag("--graph", options->graph, "Print the network as text instead");
  AddFormOptions(*verb, options->form);
  AddCaffeOptions(*verb, options->phase);
  AddListOption(
      *verb, "--inputs", "NAME,NAME", [options](const std::string& text) { options->inputs = text; },
      "Bands of a net of Caffe's where its data layers do not say them: data:1");
  verb->footer("\"centre in the image\" maps an output's row or column i to pixels: 8i-3.5 is 8 times i, minus 3.5.");
  verb->final_callback([options, &common, &run] {
    run = [options, &common] { return Naming(options->model, [&] { return RunInfo(*options, common); }); };
  });
}

}  // namespace fcn::cli
