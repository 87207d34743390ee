#include "models/model_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/remedies.h"
#include "base/utf8.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/by_value.h"
#include "graph/shapes.h"
#include "graph/training_form.h"
#include "models/class_name.h"
#include "models/preprocessing_fault.h"

namespace fcn {
namespace {

// What fcn verify computes: fcn writes a golden vector of 7,425 pixels.
constexpr int64_t kMostGoldenPixels = int64_t{1} << 20;   // of all of them
constexpr int64_t kMostGoldenNumbers = int64_t{1} << 24;  // in all channels of all inputs
constexpr int kMaxSide = 4096;
constexpr int64_t kTypicalSide = 224;  // most networks that take images of any size take this one
constexpr double kMostLossWeight = 1e6;

[[noreturn]] void Fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what, GetAgain("model of fcn"));
}

/// `where` of an input or a head.
std::string Of(const std::string& where, const char* kind, const std::string& name) {
  return name.empty() ? where : fmt::format("{}: {} {}", where, kind, Quoted(name));
}

/// There is one for each input or output of the graph, and each has a name of its own.
template <typename Role>
void CheckRoles(const std::vector<Role>& roles, const char* kind, size_t in_graph, size_t most,
                const std::string& where) {
  if (roles.size() > most)
    Fail(where, fmt::format("there are {} {}s, and at most {} are read", roles.size(), kind, most));
  if (roles.size() != in_graph)
    Fail(where, fmt::format("{} {}s are named, the graph has {}", roles.size(), kind, in_graph));
  std::set<std::string> names;
  for (const Role& role : roles) {
    if (!IsRoleName(role.name))
      Fail(where, fmt::format("{} names no {}: names have 1 to {} letters, digits, - and _, a letter first",
                              Quoted(role.name), kind, kLongestRoleName));
    if (!names.insert(role.name).second) Fail(where, fmt::format("two {}s are called {}", kind, Quoted(role.name)));
  }
}

/// What has no names is as it was before there were any.
void CheckUnnamed(const ModelContents& model, const std::string& where) {
  if (model.graph->inputs().size() != 1 || model.graph->outputs().empty())
    Fail(where, "the graph needs one input and at least one output");
  if (model.inputs.size() != 1 || model.heads.size() != 1 || !model.head().name.empty())
    Fail(where, "some inputs or heads have names and others have none");
  if (model.head().loss_weight != 1) Fail(where, "a head without a name has a loss weight");
  const Preprocessing& p = model.input().preprocessing;
  if (!p.is_colour() || p.mean.size() != 3 || p.deviation.size() != 3 || p.least != 0 || p.most != 255)
    Fail(where, "an input without a name is no picture of red, green and blue");
}

void CheckBands(const InputRole& input, int channels, const std::string& where) {
  const Preprocessing& p = input.preprocessing;
  const auto bands = static_cast<size_t>(channels);
  if (bands > kMostBands) Fail(where, fmt::format("it has {} bands, and at most {} are read", bands, kMostBands));
  if (p.mean.size() != bands || p.deviation.size() != bands)
    Fail(where, fmt::format("{} means and {} deviations for {} bands", p.mean.size(), p.deviation.size(), bands));
  if (p.is_colour() && bands != 3)
    Fail(where, fmt::format("the order {} is of three bands, and there are {}", OrderName(p.order), bands));
}

void CheckInputsAndHeads(const ModelContents& model, const std::string& where) {
  if (!model.names_roles()) return CheckUnnamed(model, where);
  const Graph& graph = *model.graph;
  CheckRoles(model.inputs, "input", graph.inputs().size(), kMostInputs, where);
  CheckRoles(model.heads, "head", graph.outputs().size(), kMostHeads, where);
  for (size_t i = 0; i < model.inputs.size(); i++) {
    const InputRole& input = model.inputs[i];
    CheckBands(input, graph.value(graph.inputs()[i]).channels, Of(where, "input", input.name));
    if (input.preprocessing.crop != model.input().preprocessing.crop ||
        input.preprocessing.shorter_side != model.input().preprocessing.shorter_side)
      Fail(where, "inputs are cropped in different ways");
  }
  for (const HeadRole& head : model.heads)
    if (!(head.loss_weight >= 0) || !(head.loss_weight <= kMostLossWeight))
      Fail(Of(where, "head", head.name), fmt::format("its loss weighs {}", head.loss_weight));
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

/// Names reach files and terminals.
void CheckNames(const ModelContents& model, const std::string& where) {
  if (!IsPlainText(model.name))
    Fail(where, fmt::format("the model's name {} has a control character, or is not UTF-8", Quoted(model.name)));
  if (model.name.size() > kLongestName)
    Fail(where, fmt::format("the model's name {} has {} bytes, and at most {} are read", Quoted(model.name),
                            model.name.size(), kLongestName));
  for (const HeadRole& head : model.heads) {
    const std::string at = Of(where, "head", head.name);
    if (head.classes.empty()) Fail(at, "there are no classes");
    for (size_t i = 0; i < head.classes.size(); i++)
      if (const std::optional<WrongName> wrong = FindWrongName(head.classes[i]))
        throw Error(ErrorCode::kInput, fmt::format("{}: class {} {}", at, i, wrong->what), wrong->hint);
    if (head.classes.size() > kMostClasses)
      Fail(at, fmt::format("there are {} classes, and at most {} are read", head.classes.size(), kMostClasses));
  }
}

void CheckPreprocessing(const Preprocessing& p, const std::string& where) {
  if (const std::string fault = PreprocessingFault(p); !fault.empty()) Fail(where, fault);
  if (p.crop < 0 || p.crop > kMaxSide || p.shorter_side > kMaxSide || p.shorter_side < p.crop)
    Fail(where, fmt::format("preprocessing crops {} pixels of {}", p.crop, p.shorter_side));
}

/// For pictures of the size that it crops, or of a typical one; where that is too small, as for a mean over a window of
/// a large map, for larger ones.
ByValue<Nhwc> ShapesOf(const ModelContents& model, const std::string& where) {
  const Graph& graph = *model.graph;
  const int64_t crop = model.input().preprocessing.crop, least = crop > 0 ? crop : kTypicalSide;
  const int64_t most = crop > 0 ? crop : kMaxSide;
  std::string fault;
  for (int64_t side = least; side <= most; side *= 2) {
    std::vector<Nhwc> images;
    for (const ValueId input : graph.inputs()) images.push_back({1, side, side, graph.value(input).channels});
    try {
      return InferShapes(graph, images);
    } catch (const Error& error) {
      if (side == least)
        fault = fmt::format("the graph does not take a {} image: {}", ToString(images[0]), error.message());
    }
  }
  Fail(where, fault);
}

/// The channels of a head's output are its classes: whoever looks up a label's name or colour relies on it. One channel
/// is a binary head's, which may name both classes.
void CheckClasses(const HeadRole& head, int64_t scores, const std::string& where) {
  if (!head.palette.empty() && head.palette.size() != head.classes.size())
    Fail(where, fmt::format("{} colours for {} classes", head.palette.size(), head.classes.size()));
  const auto classes = static_cast<int64_t>(head.classes.size());
  if (scores != classes && !(scores == 1 && classes == 2))
    Fail(where, fmt::format("the graph gives {} scores for {} classes", scores, head.classes.size()));
}

void CheckGolden(const GoldenVector& golden, const std::string& where) {
  if (golden.height < 1 || golden.height > kMostGoldenPixels || golden.width < 1 ||
      golden.width > kMostGoldenPixels / golden.height)
    Fail(where, fmt::format("its image has {}x{} pixels", golden.width, golden.height));
  if (golden.positions.empty() || golden.positions.size() != golden.scores.size())
    Fail(where, fmt::format("it has {} scores for {} positions", golden.scores.size(), golden.positions.size()));
  if (golden.positions.size() > kMostGoldenScores)
    Fail(where, fmt::format("it has {} scores, and at most {} are read", golden.positions.size(), kMostGoldenScores));
  for (const int64_t position : golden.positions)
    if (position < 0) Fail(where, fmt::format("it has a score at position {}", position));
  if (!std::isfinite(golden.tolerance) || golden.tolerance < 0)
    Fail(where, fmt::format("its tolerance is {}", golden.tolerance));
  for (const float number : golden.scores)
    if (!std::isfinite(number)) Fail(where, "one of its scores is not a number");
  if (!std::isfinite(golden.amplitude)) Fail(where, "its amplitude is not a number");
}

void CheckGoldens(const ModelContents& model, const std::string& where) {
  if (model.golden.size() > kMostGoldens)
    Fail(where, fmt::format("there are {} golden vectors, and at most {} are read", model.golden.size(), kMostGoldens));
  int64_t pixels = 0, channels = 0;
  for (const ValueId id : model.graph->inputs()) channels += model.graph->value(id).channels;
  for (size_t i = 0; i < model.golden.size(); i++) {
    const GoldenVector& golden = model.golden[i];
    const std::string at = fmt::format("{}: golden vector {}", where, i);
    CheckGolden(golden, at);
    pixels += golden.height * golden.width;
    if (!golden.head.empty() && std::ranges::find(model.heads, golden.head, &HeadRole::name) == model.heads.end())
      Fail(at, fmt::format("it is of the head {}, which is not there", Quoted(golden.head)));
  }
  if (pixels > kMostGoldenPixels)
    Fail(where, fmt::format("the images of the golden vectors have {} pixels, and at most {} are read", pixels,
                            kMostGoldenPixels));
  if (pixels > kMostGoldenNumbers / std::max<int64_t>(channels, 1))
    Fail(where, fmt::format("the inputs of the golden vectors have {} numbers, and at most {} are read",
                            pixels * channels, kMostGoldenNumbers));
}

bool IsBetween(double number, double least, double most) { return number >= least && number <= most; }
bool IsShare(double number) { return IsBetween(number, 0, 1); }

void CheckScores(const PrecisionScores& scores, size_t classes, const std::string& where) {
  const auto [low, high] = scores.interval;
  if (!IsShare(scores.mean_iu) || !IsShare(scores.float32_mean_iu))
    Fail(where, fmt::format("mean IUs are {} and {}", scores.mean_iu, scores.float32_mean_iu));
  if (!IsBetween(low, -1, high) || !IsBetween(high, low, 1))
    Fail(where, fmt::format("the interval is {} to {}", low, high));
  for (const auto* list : {&scores.iu, &scores.float32_iu}) {
    if (list->size() != classes) Fail(where, fmt::format("there are {} IUs for {} classes", list->size(), classes));
    for (const std::optional<double>& iu : *list)
      if (iu && !IsShare(*iu)) Fail(where, fmt::format("an IU is {}", *iu));
  }
}

/// `classes` are those that each head tells apart.
void CheckPrecisions(const ModelContents& model, const std::vector<size_t>& classes, const std::string& where) {
  std::set<Precision> seen;
  for (const VerifiedPrecision& verified : model.precisions) {
    const std::string at = fmt::format("{}: precision {}", where, PrecisionName(verified.precision));
    if (!seen.insert(verified.precision).second) Fail(at, "it is there twice");
    if (verified.data.empty() || verified.data.size() > kLongestName || !IsPlainText(verified.data))
      Fail(at, fmt::format("the name of its data is {}: it has 1 to {} bytes of UTF-8 without control characters",
                           Quoted(verified.data), kLongestName));
    if (verified.pictures < 1) Fail(at, fmt::format("it was measured on {} pictures", verified.pictures));
    if (!std::isfinite(verified.tolerance) || verified.tolerance < 0)
      Fail(at, fmt::format("its tolerance is {}", verified.tolerance));
    if (verified.heads.size() != classes.size())
      Fail(at, fmt::format("it was measured of {} heads, and there are {}", verified.heads.size(), classes.size()));
    for (size_t i = 0; i < classes.size(); i++) {
      const HeadChange& change = verified.heads[i];
      if (!IsShare(change.changed_labels))
        Fail(at, fmt::format("the share of changed labels is {}", change.changed_labels));
      if (change.scores) CheckScores(*change.scores, classes[i], at);
    }
  }
}

}  // namespace

void CheckModel(const ModelContents& model, const std::string& where) {
  if (!model.graph || model.graph->inputs().empty() || model.graph->outputs().empty())
    Fail(where, "the graph needs one input and at least one output");
  if (model.inputs.empty() || model.heads.empty()) Fail(where, "there are no inputs, or no heads");
  CheckInputsAndHeads(model, where);
  CheckOperations(*model.graph, where);
  CheckTypes(*model.graph, where);
  CheckNames(model, where);
  for (const InputRole& input : model.inputs) CheckPreprocessing(input.preprocessing, Of(where, "input", input.name));
  const ByValue<Nhwc> shapes = ShapesOf(model, where);
  std::vector<size_t> classes;
  for (size_t i = 0; i < model.heads.size(); i++) {
    const HeadRole& head = model.heads[i];
    const int64_t scores = shapes[model.graph->outputs()[i]].c;
    CheckClasses(head, scores, Of(where, "head", head.name));
    classes.push_back(scores == 1 ? 2 : head.classes.size());
  }
  CheckGoldens(model, where);
  CheckPrecisions(model, classes, where);
  for (const auto& [key, value] : model.metadata)
    if (key.starts_with("fcn.")) Fail(where, fmt::format("the metadata key {} is reserved", Quoted(key)));
}

}  // namespace fcn
