// Networks of any inputs and heads, and how their weights begin.

#include "models/ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "graph/shapes.h"
#include "graph/text.h"
#include "models/first_layer.h"
#include "models/import.h"
#include "models/initialise.h"
#include "models/model_check.h"
#include "models/zoo.h"

namespace fcn {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::vector<InputPort> kDepth = {{"image", 3}, {"depth", 1}};
const std::vector<HeadPort> kTwoHeads = {{"class", 5}, {"geometry", 3}};

std::vector<Nhwc> InputsOf(const Graph& graph, int64_t height, int64_t width) {
  std::vector<Nhwc> inputs;
  for (const ValueId id : graph.inputs()) inputs.push_back({1, height, width, graph.value(id).channels});
  return inputs;
}

std::string MessageOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.message();
  }
  return "no error";
}

TEST(Ports, GraphsOfAPictureAndAHeadAreWhatTheyWere) {
  const auto came_later = [](std::string_view name) {
    constexpr std::array<std::string_view, 8> kLater = {"lite1",    "lite2",     "lenet", "alexnet",
                                                        "caffenet", "googlenet", "fcn2s", "late-fusion"};
    return std::ranges::any_of(kLater, [&](std::string_view part) { return name.find(part) != name.npos; });
  };
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const ZooEntry& entry : Zoo()) {
    if (came_later(entry.name)) continue;
    for (const char c : PrintGraph(entry.build(static_cast<int>(entry.classes.size()))))
      hash = (hash ^ static_cast<uint64_t>(static_cast<unsigned char>(c))) * 0x100000001b3;
  }
  EXPECT_EQ(hash, 0xf8a4c18783882705);
}

TEST(Ports, EveryNetworkTakesAnyInputsAndHeads) {
  const std::vector<std::vector<InputPort>> inputs = {{{"image", 3}}, {{"image", 4}}, {{"image", 1}}, kDepth};
  const std::vector<std::vector<HeadPort>> heads = {{{"", 5}}, {{"crack", 1}}, kTwoHeads};
  for (const ZooEntry& entry : Zoo()) {
    if (entry.is_classifier()) continue;
    for (const auto& network_inputs : inputs)
      for (const auto& network_heads : heads) {
        const Graph graph = entry.build({network_inputs, network_heads});
        ASSERT_EQ(graph.inputs().size(), network_inputs.size());
        ASSERT_EQ(graph.outputs().size(), network_heads.size());
        for (size_t i = 0; i < network_inputs.size(); i++)
          EXPECT_EQ(graph.value(graph.inputs()[i]).name, network_inputs[i].name);
        const std::vector<Nhwc> shapes = InferShapes(graph, InputsOf(graph, 61, 83));
        for (size_t i = 0; i < network_heads.size(); i++)
          EXPECT_EQ(shapes[static_cast<size_t>(graph.outputs()[i])], (Nhwc{1, 61, 83, network_heads[i].scores}))
              << entry.name;
        EXPECT_EQ(ParseGraph(PrintGraph(graph)), graph) << entry.name;
      }
  }
}

// A training hands gradients over once all losses are computed, which read the coarse scores.
TEST(Ports, CoarseScoresOfAllHeadsComeFirst) {
  for (const char* name : {"fcn8s-vgg16", "fcn8s-efficientnet-lite0", "fcn_resnet50"}) {
    const Graph graph = FindModel(name).build({kDepth, kTwoHeads});
    const ValueId first = graph.outputs()[0], last = graph.outputs()[1];
    EXPECT_EQ(graph.value(first).name, "score");
    EXPECT_EQ(graph.value(last).name, "heads.geometry.score");
    int nodes = 0;
    for (const Node& node : graph.nodes())
      nodes += node.output > first && std::string_view(OpName(node.op)) != "Deconv2d" ? 1 : 0;
    EXPECT_EQ(nodes, 1) << name;  // the other head's own last one
  }
}

TEST(Ports, HeadsHaveLayersOfTheirOwn) {
  const Graph graph = FindModel("fcn16s-efficientnet-lite0").build({kDepth, kTwoHeads});
  EXPECT_EQ(graph.value(graph.Find("backbone._conv_stem.weight")).parameter_shape, (Shape{32, 4, 3, 3}));
  EXPECT_EQ(graph.value(graph.Find("score32.weight")).parameter_shape[0], 5);
  EXPECT_EQ(graph.value(graph.Find("heads.geometry.score32.weight")).parameter_shape[0], 3);
  EXPECT_THAT(PrintGraph(graph), HasSubstr("inputs = Concat(image, depth)"));
  EXPECT_THAT(PrintGraph(graph), HasSubstr("heads.geometry.score = Resize(heads.geometry.fuse_score16, image)"));
  EXPECT_TRUE(IsScoreParameter("heads.geometry.score32.weight"));
  EXPECT_TRUE(IsScoreParameter("heads.geometry.classifier.4.bias"));
  EXPECT_FALSE(IsScoreParameter("heads.geometry.classifier.0.weight"));
  EXPECT_TRUE(IsUpsamplingParameter("heads.geometry.upscore2.weight"));
}

TEST(Ports, RefusesWhatNoModelMayHave) {
  const auto refused = [](std::vector<InputPort> inputs, std::vector<HeadPort> heads) {
    return MessageOf([&] { CheckPorts({inputs, heads}); });
  };
  EXPECT_EQ(refused(kDepth, kTwoHeads), "no error");
  EXPECT_EQ(refused({{}}, {{}}), "no error");
  EXPECT_EQ(refused({}, kTwoHeads), "a network needs at least one input");
  EXPECT_EQ(refused(kDepth, {}), "a network needs at least one head");
  EXPECT_EQ(refused({{"image", 65}}, kTwoHeads), "the input \"image\" cannot have 65 bands");
  EXPECT_EQ(refused({{"image", 3}, {"image", 1}}, kTwoHeads), "two inputs are called \"image\"");
  EXPECT_EQ(refused(kDepth, {{"a.b", 2}}), "\"a.b\" names no head");
  EXPECT_EQ(refused(kDepth, {{"a", 2}, {"", 2}}), "\"\" names no head");
  EXPECT_EQ(refused(kDepth, {{"a", 0}}), "a network needs at least one class, not 0");
  EXPECT_EQ(refused(std::vector<InputPort>(17), kTwoHeads), "17 inputs are asked for, and a model has at most 16");
  EXPECT_THAT(MessageOf([] {
                FindModel("vgg16").build({kDepth, {{"", 2}}});
              }),
              StartsWith("a classifier has one input and one head, not 2 and 1"));
}

TEST(Ports, ModelsNameThem) {
  const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
  const auto model_of = [&](const Ports& ports, std::vector<HeadRole> heads) {
    ModelContents model = MakeModel(entry, ports, RandomWeights(entry.build(ports), 1), std::move(heads));
    CheckModel(model, "test");
    return model;
  };
  const ModelContents usual = model_of(2, {{.classes = {"a", "b"}}});
  EXPECT_FALSE(usual.names_roles());
  const ModelContents grey = model_of({{{"image", 1}}, {{"", 2}}}, {{.classes = {"a", "b"}}});
  EXPECT_EQ(grey.input().name, "image");
  EXPECT_EQ(grey.head().name, "labels");
  EXPECT_EQ(grey.input().preprocessing, PlainBands(1));
  const ModelContents both =
      model_of({kDepth, {{"class", 2}, {"crack", 1}}}, {{.classes = {"a", "b"}}, {.classes = {"c"}}});
  EXPECT_EQ(both.inputs[0].preprocessing, entry.preprocessing);
  EXPECT_EQ(both.inputs[1].name, "depth");
  EXPECT_THAT(both.heads[1].classes, ElementsAre("background", "c"));
}

TEST(FirstLayer, ForOtherBands) {
  // Two outputs, one tap: (1, 2, 3) and (10, 20, 60) for red, green and blue.
  const std::vector<float> values = {1, 2, 3, 10, 20, 60};
  const StoredTensor colour = StoredTensor::FromFloats({2, 3, 1, 1}, values);
  const auto adapted = [&](const std::vector<InputPort>& inputs, NewBands mode) {
    return AdaptFirstLayer(colour, inputs, mode).ToFloats();
  };
  EXPECT_THAT(adapted({{"image", 4}}, NewBands::kMean), ElementsAre(1, 2, 3, 2, 10, 20, 60, 30));
  EXPECT_THAT(adapted({{"image", 5}}, NewBands::kRepeat), ElementsAre(1, 2, 3, 1, 2, 10, 20, 60, 10, 20));
  EXPECT_THAT(adapted({{"image", 4}}, NewBands::kZeros), ElementsAre(1, 2, 3, 0, 10, 20, 60, 0));
  EXPECT_THAT(adapted(kDepth, NewBands::kMean), ElementsAre(1, 2, 3, 2, 10, 20, 60, 30));
  EXPECT_THAT(adapted(kDepth, NewBands::kZeros), ElementsAre(1, 2, 3, 0, 10, 20, 60, 0));
  EXPECT_THAT(adapted({{"image", 1}}, NewBands::kMean), ElementsAre(6, 90));
  EXPECT_THAT(adapted({{"image", 1}}, NewBands::kZeros), ElementsAre(6, 90));
  EXPECT_THAT(adapted({{"image", 1}}, NewBands::kRepeat), ElementsAre(3, 30));
  EXPECT_THAT(adapted({{"image", 2}}, NewBands::kMean), ElementsAre(3, 3, 45, 45));
  EXPECT_THAT(adapted({{"image", 2}}, NewBands::kRepeat), ElementsAre(1.5, 3, 15, 30));
  EXPECT_THAT(adapted({{"image", 1}, {"depth", 2}}, NewBands::kRepeat), ElementsAre(3, 1, 2, 30, 10, 20));
  for (const NewBands mode : {NewBands::kMean, NewBands::kRepeat, NewBands::kZeros})
    EXPECT_EQ(NewBandsFromText(NewBandsName(mode)), mode);
  EXPECT_EQ(MessageOf([] { NewBandsFromText("none"); }), "new bands cannot begin as \"none\"");
}

class ImportPorts : public ::testing::Test {
 protected:
  Imported Import(NamedTensors tensors, const ImportOptions& options, std::optional<ModelContents> model = {}) const {
    ImportSource source{.file = "w", .tensors = std::move(tensors), .architecture = {}, .notes = {}, .model = {}};
    if (model)
      for (size_t i = 0; i < model->inputs.size(); i++)
        source.inputs.push_back({model->inputs[i].name, model->graph->value(model->graph->inputs()[i]).channels});
    source.model = std::move(model);
    return ImportWeights(entry_, source, options);
  }
  const std::vector<float>& Values(const Imported& imported, const std::string& name) {
    return values_ = imported.model.weights.at(name).ToFloats();
  }

  const ZooEntry& entry_ = FindModel("fcn16s-efficientnet-lite0");
  const NamedTensors colour_ = RandomWeights(entry_.build(5), 1);
  std::vector<float> values_;
};

TEST_F(ImportPorts, OneHeadsWeightsAreTheFirsts) {
  ImportOptions options;
  options.inputs = {{"image", 3}, {"depth", 1}};
  options.heads = {{.name = "class", .classes = {"a", "b", "c", "d", "e"}},
                   {.name = "geometry", .classes = {"x", "y"}}};
  options.binary = true;
  options.new_bands = NewBands::kZeros;
  const Imported imported = Import(colour_, options);
  CheckModel(imported.model, "test");
  EXPECT_EQ(imported.model.weights.at("backbone._conv_stem.weight").shape, (Shape{32, 4, 3, 3}));
  EXPECT_EQ(Values(imported, "score32.weight"), colour_.at("score32.weight").ToFloats());
  EXPECT_EQ(imported.model.weights.at("heads.geometry.score32.weight").shape[0], 1);
  EXPECT_THAT(Values(imported, "heads.geometry.score32.weight"), Each(0));
  EXPECT_THAT(imported.report.reshaped, ElementsAre("backbone._conv_stem.weight"));
  EXPECT_THAT(imported.report.notes,
              ElementsAre("\"backbone._conv_stem.weight\" is for 3 bands, the network has 4: new ones began as "
                          "\"zeros\""));
  EXPECT_THAT(imported.report.initialised, Each(StartsWith("heads.geometry.")));
  EXPECT_EQ(imported.model.inputs[0].preprocessing, entry_.preprocessing);
}

TEST_F(ImportPorts, ModelsKeepTheirs) {
  const Ports ports(kDepth, {{"class", 5}, {"crack", 1}});
  ModelContents model =
      MakeModel(entry_, ports, RandomWeights(entry_.build(ports), 2),
                {{.classes = {"a", "b", "c", "d", "e"}}, {.classes = {"crack"}, .palette = {{1, 2, 3}}}});
  model.inputs[1].preprocessing.mean = {0.25f};
  const Imported again = Import(model.weights, {}, model);
  EXPECT_EQ(again.model.inputs, model.inputs);
  EXPECT_EQ(again.model.heads, model.heads);
  EXPECT_EQ(*again.model.graph, *model.graph);
  EXPECT_THAT(again.report.initialised, ElementsAre());
  EXPECT_THAT(again.report.reshaped, ElementsAre());
  EXPECT_THAT(again.report.notes, ElementsAre());

  // A network of one picture and one head takes nothing for its first layer: four bands are not three.
  ImportOptions one;
  one.inputs = {{}};
  one.heads = {{.classes = {"a", "b", "c", "d", "e"}}};
  try {
    Import(model.weights, one, model);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("\"backbone._conv_stem.weight\" is 32x4x3x3, not 32x3x3x3"));
    EXPECT_THAT(error.hint(), StartsWith("The weights read image, depth:1, and the network image: "));
  }
}

TEST_F(ImportPorts, HeadsMeetByTheirNames) {
  const HeadRole classes{.name = "class", .classes = {"a", "b", "c"}, .palette = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}};
  const HeadRole geometry{.name = "geometry", .classes = {"x", "y", "z"}, .palette = {}, .loss_weight = 0.5};
  const Ports ports(kDepth, {{"class", 3}, {"geometry", 3}});
  const ModelContents model = MakeModel(entry_, ports, RandomWeights(entry_.build(ports), 2), {classes, geometry});
  ImportOptions options;
  options.inputs = {{"image", 3}, {"depth", 1}};
  options.heads = {{.name = "geometry"}, {.name = "class"}};
  const Imported swapped = Import(model.weights, options, model);
  EXPECT_EQ(swapped.model.heads[0].classes, geometry.classes);
  EXPECT_EQ(swapped.model.heads[1].palette, classes.palette);
  EXPECT_THAT(swapped.report.initialised, ElementsAre());
  for (const char* layer : {"score32.weight", "score16.bias"}) {
    const std::string name = layer;
    EXPECT_EQ(Values(swapped, name), model.weights.at("heads.geometry." + name).ToFloats());
    EXPECT_EQ(Values(swapped, "heads.class." + name), model.weights.at(name).ToFloats());
  }
  // One of them alone, whichever it is.
  options.heads = {{.name = "geometry"}};
  EXPECT_EQ(Values(Import(model.weights, options, model), "score32.weight"),
            model.weights.at("heads.geometry.score32.weight").ToFloats());
  // Where either has no name, by their places.
  options.heads = {{.classes = {"1", "2", "3"}}};
  EXPECT_EQ(Values(Import(model.weights, options, model), "score32.weight"),
            model.weights.at("score32.weight").ToFloats());

  options.heads = {{.name = "nature", .classes = {"1", "2", "3"}}, {.name = "class"}};
  try {
    Import(model.weights, options, model);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "w has the heads class, geometry, not nature");
  }
  options.new_head = ImportOptions::NewHead::kWhereNeeded;
  const Imported partly = Import(model.weights, options, model);
  EXPECT_THAT(partly.report.notes, ElementsAre("w has the heads class, geometry, not nature, which begin anew"));
  EXPECT_THAT(partly.report.initialised, Contains("score32.weight"));
  EXPECT_THAT(Values(partly, "score32.weight"), Each(0));
  EXPECT_EQ(Values(partly, "heads.class.score32.weight"), model.weights.at("score32.weight").ToFloats());

  // A network with more layers of scores takes those that there are.
  const Imported staged = ImportWeights(
      FindModel("fcn8s-efficientnet-lite0"),
      {.file = "w", .tensors = model.weights, .architecture = {}, .notes = {}, .model = model, .inputs = kDepth},
      {.inputs = options.inputs,
       .heads = {{.name = "geometry"}, {.name = "class"}},
       .new_head = ImportOptions::NewHead::kWhereNeeded});
  EXPECT_EQ(Values(staged, "heads.class.score16.weight"), model.weights.at("score16.weight").ToFloats());
  EXPECT_THAT(staged.report.initialised, Contains("heads.class.score8.weight"));
}

TEST_F(ImportPorts, InputsInAnotherOrderMeetByTheirNames) {
  const Ports ports(kDepth, {{"", 5}});
  ModelContents model =
      MakeModel(entry_, ports, RandomWeights(entry_.build(ports), 2), {{.classes = {"a", "b", "c", "d", "e"}}});
  model.inputs[1].preprocessing.mean = {0.25f};
  ImportOptions options;
  options.inputs = {{"depth", 1}, {"image", 3}};
  options.heads = {{.name = model.head().name, .classes = model.head().classes}};
  const Imported turned = Import(model.weights, options, model);
  EXPECT_EQ(turned.model.inputs[0], model.inputs[1]);
  EXPECT_EQ(turned.model.inputs[1], model.inputs[0]);
  EXPECT_THAT(
      turned.report.notes,
      ElementsAre("\"backbone._conv_stem.weight\" reads image, depth:1, the network depth:1, image: they met by "
                  "their names"));
  const std::vector<float> before = model.weights.at("backbone._conv_stem.weight").ToFloats();
  const std::vector<float>& after = Values(turned, "backbone._conv_stem.weight");
  for (size_t i = 0; i < before.size(); i++) {
    const size_t tap = i % 9, band = i / 9 % 4, output = i / 36;
    EXPECT_EQ(after[(output * 4 + (band + 1) % 4) * 9 + tap], before[i]);
  }
  options.inputs = {{"image", 3}, {"infrared", 1}};
  const Imported other = Import(model.weights, options, model);
  EXPECT_EQ(Values(other, "backbone._conv_stem.weight"), before);
  EXPECT_THAT(other.report.notes,
              ElementsAre("\"backbone._conv_stem.weight\" reads image, depth:1, the network image, infrared:1: their "
                          "bands met in their order"));
}

TEST(FirstLayer, ANoteSaysHowBandsBegan) {
  const auto note = [](std::vector<InputPort> inputs, NewBands mode) { return BeginningOfBands(inputs, mode); };
  EXPECT_EQ(note({{"image", 4}}, NewBands::kZeros), "new ones began as \"zeros\"");
  EXPECT_EQ(note({{"x-ray", 1}}, NewBands::kZeros), "the first input's began as \"mean\", in place of the three");
  EXPECT_EQ(note({{"x-ray", 2}, {"depth", 1}}, NewBands::kZeros),
            "the first input's began as \"mean\", in place of the three, other ones as \"zeros\"");
  EXPECT_EQ(note({{"x-ray", 2}}, NewBands::kRepeat), "the first input's began as \"repeat\", in place of the three");
}

TEST_F(ImportPorts, ClassesOfSeveralHeadsStay) {
  const Ports ports(kDepth, kTwoHeads);
  const ModelContents model = MakeModel(entry_, ports, RandomWeights(entry_.build(ports), 2),
                                        {{.classes = {"a", "b", "c", "d", "e"}}, {.classes = {"x", "y", "z"}}});
  ImportOptions options;
  options.classes = {"a"};
  EXPECT_THAT(MessageOf([&] { Import(model.weights, options, model); }), HasSubstr("w has 2 heads"));
  // Layers of one head that disagree are named; those of two heads need not agree.
  NamedTensors broken = model.weights;
  broken["heads.geometry.score16.weight"] = model.weights.at("score16.weight");
  broken["heads.geometry.score16.bias"] = model.weights.at("score16.bias");
  try {
    Import(broken, {}, model);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("layers are for different numbers of classes: "
                                           "\"heads.geometry.score32.weight\" is for 3"));
  }
}

/// Each input's own network has its name, so that neither their order nor those of one network alone matter.
TEST(Towers, TakeTheWeightsOfOneNetworkOrTheirOwn) {
  const ZooEntry& fused = FindModel("fcn8s-efficientnet-lite0-late-fusion");
  const ZooEntry& alone = FindModel("fcn8s-efficientnet-lite0");
  const ZooEntry& classifier = FindModel("efficientnet-lite0");
  const std::vector<std::string> names = {"a", "b", "c"};
  const auto import = [&](const ImportSource& source, std::vector<InputInfo> inputs,
                          ImportOptions::NewHead new_head = ImportOptions::NewHead::kNever) {
    return ImportWeights(fused, source,
                         {.inputs = std::move(inputs), .heads = {{.classes = names}}, .new_head = new_head});
  };
  const ImportSource one{.file = "w",
                         .tensors = RandomWeights(alone.build(3), 1),
                         .architecture = {},
                         .notes = {},
                         .model = {},
                         .inputs = {}};
  const Imported both = import(one, {{"color", 0}, {"depth", 1}});
  EXPECT_THAT(both.report.initialised, ElementsAre());
  EXPECT_THAT(both.report.ignored, ElementsAre());
  EXPECT_THAT(both.report.notes, Contains(HasSubstr("is for 3 bands, the network has 1: ")));
  const auto values = [](const NamedTensors& weights, const std::string& name) { return weights.at(name).ToFloats(); };
  for (const char* tower : {"towers.color.", "towers.depth."})
    for (const char* layer : {"score32.weight", "backbone._blocks.3._project_conv.weight"})
      EXPECT_EQ(values(both.model.weights, std::string(tower) + layer), values(one.tensors, layer));
  EXPECT_EQ(values(both.model.weights, "towers.color.backbone._conv_stem.weight"),
            values(one.tensors, "backbone._conv_stem.weight"));
  EXPECT_EQ(both.model.weights.at("towers.depth.backbone._conv_stem.weight").shape, (Shape{32, 1, 3, 3}));

  const ImportSource of_classifier{.file = "w",
                                   .tensors = RandomWeights(classifier.build(1000), 1),
                                   .architecture = {},
                                   .notes = {},
                                   .model = {},
                                   .inputs = {}};
  const Imported begun = import(of_classifier, {{"color", 0}, {"hha", 0}}, ImportOptions::NewHead::kWhereNeeded);
  EXPECT_EQ(values(begun.model.weights, "towers.hha.backbone._conv_stem.weight"),
            values(of_classifier.tensors, "_conv_stem.weight"));
  EXPECT_THAT(begun.report.initialised, Each(HasSubstr(".score")));

  // A model of towers keeps them, in any order of its inputs.
  const Ports ports({{"color", 3}, {"hha", 3}}, {{"", 3}});
  ModelContents model = MakeModel(fused, ports, RandomWeights(fused.build(ports), 2), {{.classes = names}});
  ImportSource own{
      .file = "w", .tensors = model.weights, .architecture = {}, .notes = {}, .model = model, .inputs = ports.inputs};
  const Imported turned = import(own, {{"hha", 0}, {"color", 0}});
  EXPECT_THAT(turned.report.initialised, ElementsAre());
  EXPECT_THAT(turned.report.notes, ElementsAre());
  for (const auto& [name, tensor] : model.weights)
    EXPECT_EQ(values(turned.model.weights, name), tensor.ToFloats()) << name;
}

/// So that what is known of the network is known of a tower.
TEST(Towers, OneIsTheNetworkUnderAnotherName) {
  for (const auto& [name, alone] : {std::pair{"fcn32s-vgg16-late-fusion", "fcn32s-vgg16"},
                                    {"fcn8s-efficientnet-lite0-late-fusion", "fcn8s-efficientnet-lite0"}}) {
    std::string text = PrintGraph(FindModel(name).build(21));
    const std::string prefix = OfTower("image");
    EXPECT_NE(text.find(prefix), std::string::npos);
    for (size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    EXPECT_EQ(text, PrintGraph(FindModel(alone).build(21)));
  }
}

TEST(Towers, AreVgg16sWithHalfOfEachScore) {
  const ZooEntry& entry = FindModel("fcn32s-vgg16-late-fusion");
  const Graph graph = entry.build(Ports({{"color", 3}, {"hha", 3}}, {{"", 40}}));
  const std::string text = PrintGraph(graph);
  EXPECT_THAT(text, HasSubstr("towers.hha.score_part = Scale(towers.hha.score_fr) factor=0.5"));
  EXPECT_THAT(text, HasSubstr("score_fused = Add(towers.color.score_part, towers.hha.score_part)"));
  const Graph one = FindModel("fcn32s-vgg16").build(40);
  EXPECT_EQ(graph.Parameters().size(), 2 * (one.Parameters().size() - 1) + 1);  // one upsampling
  const ByValue<Nhwc> shapes = InferShapes(graph, InputsOf(graph, 425, 560));
  EXPECT_EQ(shapes[graph.outputs()[0]], (Nhwc{1, 425, 560, 40}));
}

}  // namespace
}  // namespace fcn
