#include "caffe/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "caffe/graph_name.h"
#include "caffe/inputs.h"
#include "caffe/layers.h"
#include "caffe/translator.h"
#include "fcn/text.h"
#include "graph/classifier.h"
#include "graph/coordinates.h"

namespace fcn {
namespace {

constexpr int kTypicalSide = 224;  // networks that take pictures of any size take this one

/// The heights and widths of the inputs, with a typical size where nobody says it.
std::vector<Nhwc> TypicalSizes(std::vector<Nhwc> sizes) {
  for (Nhwc& size : sizes)
    if (size.h == 0) size.h = size.w = kTypicalSide;
  return sizes;
}

/// The only size of pictures, of a net that takes no other: a classifier, or one with a fully connected layer.
void CropPictures(const std::vector<Nhwc>& sizes, std::vector<InputRole>& inputs, Size2& only_size) {
  const auto pictures = std::ranges::find_if(sizes, [](const Nhwc& size) { return size.h > 1 || size.w > 1; });
  if (pictures == sizes.end() || pictures->h == 0) return;
  only_size = {static_cast<int>(pictures->h), static_cast<int>(pictures->w)};
  if (only_size.h != only_size.w) return;
  const auto crop = static_cast<int>(pictures->h);
  for (InputRole& input : inputs) {
    input.preprocessing.crop = crop;
    // ILSVRC's classifiers are shown the middle of pictures of 256 pixels.
    input.preprocessing.shorter_side = crop >= 224 && crop < 256 ? 256 : crop;
  }
}

/// Adds what Caffe leaves to its users: scores at the size of the picture.
ValueId AtPicturesSize(CaffeTranslator& t, const CaffeNet& net, const CaffeHead& head, ValueId scores,
                       const ByValue<Nhwc>& shapes, const ByValue<CoordinateMap>& maps) {
  const ValueId picture = t.graph().inputs()[0];
  if (shapes[scores].h == shapes[picture].h && shapes[scores].w == shapes[picture].w) return scores;
  t.notes().push_back(fmt::format(
      "the scores {} of {} are {}x{} for a picture of {}x{}, {:g} pixels apart: they are resized to the picture's size",
      Quoted(head.name), net.file, shapes[scores].w, shapes[scores].h, shapes[picture].w, shapes[picture].h,
      maps[scores].y.scale));
  return t.graph().AddNode(t.Unused(head.name + ".resized"), Resize{}, {scores, picture});
}

/// Where Crops begin elsewhere than the places of the pixels say.
void NoteShiftedCrops(CaffeTranslator& t, const ByValue<CoordinateMap>& maps) {
  for (const Node& node : t.graph().nodes()) {
    const auto* crop = std::get_if<Crop>(&node.op);
    if (crop == nullptr || crop->at == kWhereLikeLies) continue;
    const CoordinateMap &x = maps[node.inputs[0]], &like = maps[node.inputs[1]];
    const double top = (like.y.offset - x.y.offset) / x.y.scale, left = (like.x.offset - x.x.offset) / x.x.scale;
    const auto is_near = [](double a, double b) { return std::abs(a - b) < 1e-6; };
    if (is_near(like.y.scale / x.y.scale, 1) && is_near(like.x.scale / x.x.scale, 1) && is_near(top, crop->at.h) &&
        is_near(left, crop->at.w))
      continue;
    t.notes().push_back(
        fmt::format("{} crops from row {} and column {} on, as the net says; by the places of the pixels "
                    "it would be {:g} and {:g}",
                    Quoted(t.graph().value(node.output).name), crop->at.h, crop->at.w, top, left));
  }
}

std::string RoleName(const std::string& top, std::set<std::string>& taken) {
  const std::string base = RoleNameOf(top);
  std::string name = base;
  for (int i = 2; !taken.insert(name).second; i++) name = fmt::format("{}-{}", base.substr(0, 56), i);
  return name;
}

class Maker {
 public:
  Maker(const CaffeNet& net, const CaffeNetOptions& options)
      : net_(net), options_(options), wiring_(net), translator_(net, wiring_, options) {}

  CaffeNetwork Make() {
    made_.losses = FindCaffeHeads(net_, wiring_);
    if (made_.losses.size() > kMostHeads)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{} gives {} blobs of scores, and a model has {} at most", net_.file, made_.losses.size(),
                              kMostHeads),
                  "Leave layers out that nobody reads.");
    std::vector<CaffeTop> scores;
    scores.reserve(made_.losses.size());
    for (const CaffeHead& head : made_.losses) scores.push_back(head.scores);
    const std::vector<bool> needed = wiring_.NeededFor(scores);
    CheckNumber(needed);
    for (size_t i = 0; i < net_.layers.size(); i++)
      if (needed[i] && net_.layers[i].bottoms.empty()) AddInputs(i, needed);
    if (translator_.graph().inputs().empty())
      throw Error(ErrorCode::kInput, fmt::format("{} reads no pictures", net_.file), "A data layer gives them.");
    for (size_t i = 0; i < net_.layers.size(); i++) {
      if (!needed[i] || net_.layers[i].bottoms.empty()) continue;
      translator_.Enter(i);
      TranslateLayer(translator_);
    }
    AddHeads();
    NameRoles();
    made_.name = net_.name.empty() ? "caffe" : net_.name;
    made_.graph = std::make_shared<const Graph>(std::move(translator_.graph()));
    made_.weights = std::move(translator_.weights());
    made_.notes = std::move(translator_.notes());
    return std::move(made_);
  }

 private:
  /// What a model file may hold, and what takes a moment: each fully connected layer asks for shapes.
  void CheckNumber(const std::vector<bool>& needed) const {
    constexpr size_t kMostLayers = 4000, kMostBottoms = 16000;
    size_t layers = 0, bottoms = 0;
    for (size_t i = 0; i < needed.size(); i++)
      if (needed[i]) layers++, bottoms += net_.layers[i].bottoms.size();
    if (layers > kMostLayers || bottoms > kMostBottoms)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {} layers with {} bottoms, and {} with {} are read at most", net_.file, layers,
                              bottoms, kMostLayers, kMostBottoms),
                  "No network that anybody trained has as many.");
  }

  bool IsNeeded(CaffeTop top, const std::vector<bool>& needed) const {
    return std::ranges::any_of(wiring_.ReadersOf(top), [&](size_t reader) { return needed[reader]; });
  }

  void AddInputs(size_t index, const std::vector<bool>& needed) {
    const CaffeLayer& layer = net_.layers[index];
    translator_.Enter(index);
    if (layer.type == "Parameter")
      translator_.Refuse("weights that no other layer multiplies are nothing that fcn has");
    for (size_t top = 0; top < layer.tops.size(); top++) {
      if (!IsNeeded({index, top}, needed)) continue;
      const CaffeInput input = CaffeInputOf(net_, wiring_, {index, top}, options_);
      translator_.AddInput(top, input.channels, input.height, input.width);
      const CaffePreparation prepared = CaffePreparationOf(net_, {index, top}, input.channels);
      if (!prepared.note.empty()) translator_.Note(prepared.note);
      made_.mean_files.push_back(prepared.mean_file);
      made_.inputs.push_back({.name = layer.tops[top], .preprocessing = prepared.preprocessing});
    }
  }

  void AddHeads() {
    Graph& graph = translator_.graph();
    std::vector<ValueId> scores;
    for (const CaffeHead& head : made_.losses) {
      const CaffeBlob blob = translator_.BlobAt(head.scores);
      if (blob.is_flat)
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("{}: the scores {} are a flattened map", net_.file, Quoted(head.name)), kNotDone);
      scores.push_back(blob.id);
    }
    const std::vector<Nhwc> sizes = TypicalSizes(translator_.sizes());
    // A classifier by its first output; the graph needs outputs to be asked.
    for (const ValueId id : scores) graph.AddOutput(id);
    const bool is_classifier = IsClassifier(graph);
    graph.ClearOutputs();
    const bool is_of_one_size =
        std::ranges::any_of(graph.nodes(), [](const Node& node) { return std::holds_alternative<Linear>(node.op); });
    if (is_classifier || is_of_one_size) CropPictures(translator_.sizes(), made_.inputs, made_.only_size);
    try {
      const ByValue<Nhwc> shapes = InferShapes(graph, sizes);
      const ByValue<CoordinateMap> maps = InferCoordinates(graph, shapes);
      NoteShiftedCrops(translator_, maps);
      for (size_t i = 0; i < scores.size(); i++)
        if (!is_classifier) scores[i] = AtPicturesSize(translator_, net_, made_.losses[i], scores[i], shapes, maps);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}: {}", net_.file, error.message()), error.hint());
    }
    for (const ValueId id : scores) graph.AddOutput(id);
  }

  /// One picture of three bands and one head have no names, as everywhere.
  void NameRoles() {
    const Graph& graph = translator_.graph();
    const bool are_named =
        graph.inputs().size() != 1 || graph.outputs().size() != 1 || graph.value(graph.inputs()[0]).channels != 3;
    std::set<std::string> inputs, heads;
    for (InputRole& input : made_.inputs) input.name = are_named ? RoleName(input.name, inputs) : "";
    for (const CaffeHead& head : made_.losses)
      made_.heads.push_back({.name = are_named ? RoleName(head.name, heads) : "",
                             .classes = {},
                             .palette = {},
                             .loss_weight = are_named ? head.loss_weight : 1});
  }

  const CaffeNet& net_;
  const CaffeNetOptions& options_;
  CaffeWiring wiring_;
  CaffeTranslator translator_;
  CaffeNetwork made_;
};

/// Whether layers give all that those behind them read.
bool IsComplete(const CaffeNet& net) {
  std::set<std::string_view> given;
  for (const CaffeLayer& layer : net.layers) {
    if (!std::ranges::all_of(layer.bottoms, [&](const std::string& bottom) { return given.contains(bottom); }))
      return false;
    given.insert(layer.tops.begin(), layer.tops.end());
  }
  return true;
}

}  // namespace

CaffeNetwork NetworkOfCaffe(const CaffeNet& net, const CaffeNetOptions& options) {
  RefuseUnknownFields(net);
  CaffeNetOptions chosen = options;
  CaffeNet layers = LayersInState(net, chosen.state);
  bool is_for_training_alone = false;
  if (chosen.state.phase == CaffePhase::kTest && !IsComplete(layers)) {
    CaffeState training = chosen.state;
    training.phase = CaffePhase::kTrain;
    CaffeNet others = LayersInState(net, training);
    is_for_training_alone = IsComplete(others);
    if (is_for_training_alone) layers = std::move(others), chosen.state = training;
  }
  CaffeNetwork network = Maker(layers, chosen).Make();
  if (is_for_training_alone)
    network.notes.push_back(
        fmt::format("{} lacks layers for tests: it is read as for training (--phase train)", net.file));
  return network;
}

}  // namespace fcn
