#include "models/model_metadata.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/quoted.h"
#include "base/remedies.h"
#include "base/utf8.h"
#include "fcn/error.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "graph/training_form.h"
#include "models/class_name.h"

namespace fcn {
namespace {

using nlohmann::json;

constexpr char kPrefix[] = "fcn.";
constexpr char kFormat[] = "fcn.format", kName[] = "fcn.name", kGraph[] = "fcn.graph", kClasses[] = "fcn.classes",
               kPalette[] = "fcn.palette", kPreprocessing[] = "fcn.preprocessing", kGolden[] = "fcn.golden";
// What fcn verify computes: fcn writes one of 7,425 pixels and 1,024 scores.
constexpr size_t kMostGoldens = 16, kMostGoldenScores = size_t{1} << 16;
constexpr int64_t kMostGoldenPixels = int64_t{1} << 20;  // of all of them
constexpr int kMaxSide = 4096;
constexpr int64_t kTypicalSide = 224;  // every network that takes images of any size takes this one

[[noreturn]] void Fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what, GetAgain("model of fcn"));
}

const std::string& Require(const std::map<std::string, std::string>& metadata, const char* key,
                           const std::string& where) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw Error(ErrorCode::kInput, fmt::format("{}: not a model of fcn: the metadata lack \"{}\"", where, key),
                "files with weights alone become models with fcn import");
  return found->second;
}

/// A number as JSON that is finite as a float.
float ToFloat(const json& value) {
  const double number = value.get<double>();
  if (!(std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max())))
    throw json::other_error::create(501, "a number is out of range", &value);
  return static_cast<float>(number);
}

template <typename T>
T ToInteger(const json& value) {
  const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<uint64_t>())
                                               : value.is_number_integer() && std::in_range<T>(value.get<int64_t>());
  if (!fits) throw json::other_error::create(501, "an integer is out of range", &value);
  return static_cast<T>(value.get<json::number_integer_t>());
}

json ToJson(const Preprocessing& p) {
  return {{"order", p.order == Preprocessing::Order::kRgb ? "rgb" : "bgr"},
          {"mean", p.mean},
          {"deviation", p.deviation},
          {"shorter_side", p.shorter_side},
          {"crop", p.crop}};
}

Preprocessing::Order ParseOrder(const json& value) {
  const auto order = value.get<std::string>();
  if (order == "rgb") return Preprocessing::Order::kRgb;
  if (order == "bgr") return Preprocessing::Order::kBgr;
  throw json::other_error::create(501, fmt::format("the order {} is neither rgb nor bgr", Quoted(order)), &value);
}

std::array<float, 3> ParseTriple(const json& value) {
  if (!value.is_array() || value.size() != 3)
    throw json::other_error::create(501, "mean and deviation have three numbers", &value);
  return {ToFloat(value[0]), ToFloat(value[1]), ToFloat(value[2])};
}

Preprocessing ParsePreprocessing(const json& value) {
  // A member that is not known could change what the network expects.
  if (value.size() != ToJson(Preprocessing{}).size())
    throw json::other_error::create(
        501, "preprocessing has other members than order, mean, deviation, shorter_side, crop", &value);
  return {.order = ParseOrder(value.at("order")),
          .mean = ParseTriple(value.at("mean")),
          .deviation = ParseTriple(value.at("deviation")),
          .shorter_side = ToInteger<int>(value.at("shorter_side")),
          .crop = ToInteger<int>(value.at("crop"))};
}

json ToJson(const GoldenVector& g) {
  return {{"seed", g.seed},           {"amplitude", g.amplitude}, {"height", g.height},      {"width", g.width},
          {"positions", g.positions}, {"scores", g.scores},       {"tolerance", g.tolerance}};
}

GoldenVector ParseGolden(const json& value) {
  GoldenVector golden{.seed = ToInteger<uint64_t>(value.at("seed")),
                      .amplitude = ToFloat(value.at("amplitude")),
                      .height = ToInteger<int64_t>(value.at("height")),
                      .width = ToInteger<int64_t>(value.at("width")),
                      .positions = {},
                      .scores = {},
                      .tolerance = value.at("tolerance").get<double>()};
  for (const json& position : value.at("positions")) golden.positions.push_back(ToInteger<int64_t>(position));
  for (const json& score : value.at("scores")) golden.scores.push_back(ToFloat(score));
  return golden;
}

json ToJson(const std::vector<Colour>& palette) {
  json colours = json::array();
  for (const auto& [r, g, b] : palette) colours.push_back({r, g, b});
  return colours;
}

std::vector<Colour> ParsePalette(const json& value) {
  if (!value.is_array()) throw json::other_error::create(501, "a palette is a list", &value);
  std::vector<Colour> palette;
  for (const json& colour : value) {
    if (!colour.is_array() || colour.size() != 3)
      throw json::other_error::create(501, "a colour has three numbers", &value);
    palette.push_back({ToInteger<uint8_t>(colour[0]), ToInteger<uint8_t>(colour[1]), ToInteger<uint8_t>(colour[2])});
  }
  return palette;
}

std::vector<GoldenVector> ParseGoldens(const json& value) {
  if (!value.is_array()) throw json::other_error::create(501, "golden vectors are a list", &value);
  std::vector<GoldenVector> golden;
  for (const json& one : value) golden.push_back(ParseGolden(one));
  return golden;
}

/// Parses the JSON under `key` and hands it to `read`.
template <typename Read>
auto ReadJson(const std::map<std::string, std::string>& metadata, const char* key, const std::string& where,
              Read read) {
  try {
    return read(json::parse(Require(metadata, key, where)));
  } catch (const json::exception& error) {
    Fail(where, fmt::format("\"{}\" is malformed: {}", key, Quoted(error.what())));
  }
}

void CheckFormat(const std::map<std::string, std::string>& metadata, const std::string& where) {
  const std::string& format = Require(metadata, kFormat, where);
  if (format != std::to_string(kModelFormat))
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: model format {}; this fcn reads format {}", where, Quoted(format), kModelFormat),
                "a newer fcn reads it: upgrade, or export the model again with this version");
}

/// Names reach files and terminals.
void CheckNames(const Model& model, const std::string& where) {
  if (!IsPlainText(model.name))
    Fail(where, fmt::format("the model's name {} has a control character, or is not UTF-8", Quoted(model.name)));
  if (model.name.size() > kLongestName)
    Fail(where, fmt::format("the model's name {} has {} bytes, and at most {} are read", Quoted(model.name),
                            model.name.size(), kLongestName));
  for (size_t i = 0; i < model.classes.size(); i++)
    if (const std::optional<WrongName> wrong = FindWrongName(model.classes[i]))
      throw Error(ErrorCode::kInput, fmt::format("{}: class {} {}", where, i, wrong->what), wrong->hint);
}

void CheckPreprocessing(const Preprocessing& p, const std::string& where) {
  for (size_t i = 0; i < 3; ++i)
    if (!std::isfinite(p.mean[i]) || !std::isfinite(p.deviation[i]) || p.deviation[i] <= 0 ||
        !std::isfinite(1 / p.deviation[i]))
      Fail(where, fmt::format("preprocessing has a mean of {} and a deviation of {}", p.mean[i], p.deviation[i]));
  if (p.crop < 0 || p.crop > kMaxSide || p.shorter_side > kMaxSide || p.shorter_side < p.crop)
    Fail(where, fmt::format("preprocessing crops {} pixels of {}", p.crop, p.shorter_side));
}

/// What training adds reads labels and seeds, which are right where a trainer gives them, and anything out of a
/// picture.
void CheckOperations(const Graph& graph, const std::string& where) {
  for (const Node& node : graph.nodes())
    if (IsOfTraining(node.op))
      Fail(where, fmt::format("{} is a {}, which belongs to training and not to a model",
                              Quoted(graph.value(node.output).name), OpName(node.op)));
}

/// Pictures and scores are floats.
void CheckTypes(const Graph& graph, const std::string& where) {
  for (const std::vector<ValueId>* ids : {&graph.inputs(), &graph.outputs()})
    for (const ValueId id : *ids)
      if (const Value& value = graph.value(id); value.type != ValueType())
        Fail(where, fmt::format("{} is {}: what a model takes and gives is float32", Quoted(value.name),
                                ToString(value.type)));
}

/// The channels of the first output are the classes: whoever looks up a label's name or colour relies on it. One
/// channel is a binary model's, which may name both classes.
void CheckClasses(const Model& model, const std::string& where) {
  if (!model.palette.empty() && model.palette.size() != model.classes.size())
    Fail(where, fmt::format("{} colours for {} classes", model.palette.size(), model.classes.size()));
  const Graph& graph = *model.graph;
  const int64_t side = model.preprocessing.crop > 0 ? model.preprocessing.crop : kTypicalSide;
  const Nhwc image{1, side, side, graph.value(graph.inputs()[0]).channels};
  Nhwc scores;
  try {
    scores = InferShapes(graph, std::vector<Nhwc>{image})[static_cast<size_t>(graph.outputs()[0])];
  } catch (const Error& error) {
    Fail(where, fmt::format("the graph does not take a {} image: {}", ToString(image), error.message()));
  }
  const auto classes = static_cast<int64_t>(model.classes.size());
  if (scores.c != classes && !(scores.c == 1 && classes == 2))
    Fail(where, fmt::format("the graph gives {} scores for {} classes", scores.c, model.classes.size()));
}

void CheckGolden(const GoldenVector& golden, const std::string& where) {
  if (golden.height < 1 || golden.height > kMostGoldenPixels || golden.width < 1 ||
      golden.width > kMostGoldenPixels / golden.height)
    Fail(where, fmt::format("a golden vector's image has {}x{} pixels", golden.width, golden.height));
  if (golden.positions.empty() || golden.positions.size() != golden.scores.size())
    Fail(where,
         fmt::format("a golden vector has {} scores for {} positions", golden.scores.size(), golden.positions.size()));
  if (golden.positions.size() > kMostGoldenScores)
    Fail(where, fmt::format("a golden vector has {} scores, and at most {} are read", golden.positions.size(),
                            kMostGoldenScores));
  for (const int64_t position : golden.positions)
    if (position < 0) Fail(where, fmt::format("a golden vector has a score at position {}", position));
  if (!std::isfinite(golden.tolerance) || golden.tolerance < 0)
    Fail(where, fmt::format("a golden vector's tolerance is {}", golden.tolerance));
  for (const float number : golden.scores)
    if (!std::isfinite(number)) Fail(where, "a golden vector's score is not a number");
  if (!std::isfinite(golden.amplitude)) Fail(where, "a golden vector's amplitude is not a number");
}

void CheckGoldens(const std::vector<GoldenVector>& goldens, const std::string& where) {
  if (goldens.size() > kMostGoldens)
    Fail(where, fmt::format("there are {} golden vectors, and at most {} are read", goldens.size(), kMostGoldens));
  int64_t pixels = 0;
  for (const GoldenVector& golden : goldens) {
    CheckGolden(golden, where);
    pixels += golden.height * golden.width;
  }
  if (pixels > kMostGoldenPixels)
    Fail(where, fmt::format("the images of the golden vectors have {} pixels, and at most {} are read", pixels,
                            kMostGoldenPixels));
}

}  // namespace

std::map<std::string, std::string> ModelToMetadata(const Model& model) {
  std::map<std::string, std::string> metadata = model.metadata;
  metadata[kFormat] = std::to_string(kModelFormat);
  metadata[kName] = model.name;
  metadata[kGraph] = PrintGraph(*model.graph);
  metadata[kPreprocessing] = ToJson(model.preprocessing).dump();
  json golden = json::array();
  for (const GoldenVector& one : model.golden) golden.push_back(ToJson(one));
  metadata[kGolden] = golden.dump();
  metadata[kPalette] = ToJson(model.palette).dump();
  try {
    metadata[kClasses] = json(model.classes).dump();
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kInput, fmt::format("a class name of {} is not UTF-8", Quoted(model.name)),
                "Names are UTF-8 without control characters: write them so.");
  }
  return metadata;
}

Model ModelFromMetadata(const std::map<std::string, std::string>& metadata, const std::string& where) {
  CheckFormat(metadata, where);
  Model model;
  model.name = Require(metadata, kName, where);
  try {
    model.graph = std::make_shared<const Graph>(ParseGraph(Require(metadata, kGraph, where)));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: \"{}\": {}", where, kGraph, error.message()), error.hint());
  }
  model.classes = ReadJson(metadata, kClasses, where, [](const json& v) { return v.get<std::vector<std::string>>(); });
  model.palette = ReadJson(metadata, kPalette, where, ParsePalette);
  model.preprocessing = ReadJson(metadata, kPreprocessing, where, ParsePreprocessing);
  model.golden = ReadJson(metadata, kGolden, where, ParseGoldens);
  for (const auto& [key, value] : metadata)
    if (!key.starts_with(kPrefix)) model.metadata.emplace(key, value);
  return model;
}

void CheckModel(const Model& model, const std::string& where) {
  if (!model.graph || model.graph->inputs().size() != 1 || model.graph->outputs().empty())
    Fail(where, "the graph needs one input and at least one output");
  CheckOperations(*model.graph, where);
  CheckTypes(*model.graph, where);
  if (model.classes.empty()) Fail(where, "there are no classes");
  CheckNames(model, where);
  if (model.classes.size() > kMostClasses)
    Fail(where, fmt::format("there are {} classes, and at most {} are read", model.classes.size(), kMostClasses));
  CheckPreprocessing(model.preprocessing, where);
  CheckClasses(model, where);
  CheckGoldens(model.golden, where);
  for (const auto& [key, value] : model.metadata)
    if (key.starts_with(kPrefix)) Fail(where, fmt::format("the metadata key {} is reserved", Quoted(key)));
}

}  // namespace fcn
