// Model files and imports, with what can be wrong about them.

#include "models/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "fcn/files.h"
#include "formats/safetensors.h"
#include "models/binary.h"
#include "models/half.h"
#include "models/import.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "models/zoo.h"

namespace fcn {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// The error that a call ends in; fails where there is none.
Error ErrorOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {ErrorCode::kInternal, "", ""};
}

ImportSource Source(NamedTensors tensors, const std::string& file) {
  return {.file = file, .tensors = std::move(tensors), .architecture = {}, .notes = {}};
}

class ModelFile : public ::testing::Test {
 protected:
  ModelFile() {
    Graph graph;
    Map x = AddConv(graph, "conv", "conv", AddImage(graph), 4, Square(3, 1, 1));
    x = AddOp(graph, "relu", Relu{}, x);
    graph.AddOutput(AddConv(graph, "score", "score", x, 2, Square(1)).id);
    model_.name = "small";
    model_.graph = std::make_shared<const Graph>(graph);
    model_.weights = RandomWeights(graph, 1);
    model_.head().classes = {"background", "Kätzchen \"x\""};
    model_.head().palette = {{0, 0, 0}, {255, 128, 1}};
    model_.input().preprocessing = {.order = Preprocessing::Order::kBgr,
                                    .mean = {104.00699f, 116.66877f, 0.1f},
                                    .deviation = {1, 57.375f, 1e-3f},
                                    .shorter_side = 40,
                                    .crop = 32};
    model_.golden = {{.seed = std::numeric_limits<uint64_t>::max(),
                      .amplitude = 0.1f,
                      .height = 5,
                      .width = 7,
                      .positions = {0, 69},
                      .scores = {-1.17549435e-38f, 0.3333333433f},
                      .tolerance = 1e-5}};
    model_.metadata = {{"note", "kept"}};
  }
  ~ModelFile() override { std::filesystem::remove(path_); }

  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("model_test_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".safetensors");
  ModelContents model_;
};

TEST_F(ModelFile, ComesBackAsItWas) {
  SaveModel(path_, model_);
  const ModelContents loaded = LoadModel(path_);
  EXPECT_EQ(loaded.name, model_.name);
  EXPECT_EQ(*loaded.graph, *model_.graph);
  EXPECT_EQ(loaded.head().classes, model_.head().classes);
  EXPECT_EQ(loaded.head().palette, model_.head().palette);
  EXPECT_EQ(loaded.input().preprocessing, model_.input().preprocessing);
  EXPECT_EQ(loaded.golden, model_.golden);
  EXPECT_EQ(loaded.metadata, model_.metadata);
  ASSERT_EQ(loaded.weights.size(), model_.weights.size());
  for (const auto& [name, tensor] : model_.weights) {
    EXPECT_EQ(loaded.weights.at(name).shape, tensor.shape);
    EXPECT_EQ(loaded.weights.at(name).ToFloats(), tensor.ToFloats());
  }
}

/// FNV-1a, of which the test needs no more than that it is one number.
uint64_t HashOf(const std::vector<uint8_t>& bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

// Written before there was a format 2.
TEST_F(ModelFile, OfFormat1HasTheBytesThatItAlwaysHad) {
  SaveModel(path_, model_);
  EXPECT_EQ(HashOf(ReadFile(path_)), 16201367919919367313u);
  model_.head().classes = {"background", "crack"}, model_.head().palette.clear(), model_.golden.clear(),
  model_.metadata.clear();
  model_.weights = ToHalf(model_.weights);
  SaveModel(path_, model_);
  EXPECT_EQ(HashOf(ReadFile(path_)), 14745648874127829796u);
}

TEST_F(ModelFile, IsSmallAndPlainToo) {
  model_.head().palette.clear();
  model_.golden.clear();
  model_.metadata.clear();
  SaveModel(path_, model_);
  EXPECT_THAT(LoadModel(path_).golden, IsEmpty());
  EXPECT_THAT(LoadModel(path_).head().palette, IsEmpty());
}

TEST_F(ModelFile, WeightsMustBeTheGraphs) {
  NamedTensors weights = model_.weights;
  weights.erase("conv.bias");
  weights["extra"] = StoredTensor::FromFloats({1}, std::vector<float>{1});
  weights["score.bias"] = StoredTensor::FromFloats({3}, std::vector<float>(3));
  WriteSafetensors(path_, weights, ModelToMetadata(model_));
  const Error error = ErrorOf([&] { LoadModel(path_); });
  EXPECT_EQ(error.code(), ErrorCode::kInput);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_.string()), HasSubstr("1 missing (\"conv.bias\")"),
                                     HasSubstr("1 unexpected (\"extra\")"), HasSubstr("\"score.bias\" is 3, not 2")));
}

TEST_F(ModelFile, ListsAreCutShort) {
  NamedTensors weights = model_.weights;
  for (int i = 0; i < 20; i++) weights["extra" + std::to_string(i)] = StoredTensor::FromFloats({1}, std::vector{1.0f});
  EXPECT_THAT(ErrorOf([&] { CheckWeights(*model_.graph, weights, "x"); }).message(),
              AllOf(HasSubstr("20 unexpected"), HasSubstr(", …"), ::testing::Not(HasSubstr("extra9"))));
}

TEST_F(ModelFile, IntegersAreNoWeights) {
  model_.weights.at("conv.bias").dtype = DType::kInt32;
  EXPECT_THAT(ErrorOf([&] { SaveModel(path_, model_); }).message(), HasSubstr("\"conv.bias\" is int32"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ModelFile, OfANewerFormatAsksForAnUpgrade) {
  auto metadata = ModelToMetadata(model_);
  metadata["fcn.format"] = "3";
  WriteSafetensors(path_, model_.weights, metadata);
  const Error error = ErrorOf([&] { LoadModel(path_); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), AllOf(HasSubstr(path_.string()), HasSubstr("\"3\"")));
  EXPECT_THAT(error.hint(), HasSubstr("upgrade"));
}

TEST_F(ModelFile, PlainWeightsAreNoModel) {
  WriteSafetensors(path_, model_.weights);
  const Error error = ErrorOf([&] { LoadModel(path_); });
  EXPECT_EQ(error.code(), ErrorCode::kInput);
  EXPECT_THAT(error.hint(), HasSubstr("fcn import"));
}

TEST_F(ModelFile, MissingFile) {
  EXPECT_EQ(ErrorOf([&] { LoadModel(path_); }).code(), ErrorCode::kIo);
}

TEST_F(ModelFile, EveryKeyIsNeededAndChecked) {
  const auto good = ModelToMetadata(model_);
  for (const auto& [key, value] : good) {
    if (!key.starts_with("fcn.")) continue;
    auto metadata = good;
    metadata.erase(key);
    const Error error = ErrorOf([&] { ModelFromMetadata(metadata, "file"); });
    EXPECT_EQ(error.code(), ErrorCode::kInput) << key;
    EXPECT_THAT(error.message(), AllOf(HasSubstr("file"), HasSubstr(key)));
  }
}

TEST_F(ModelFile, MalformedMetadata) {
  const auto good = ModelToMetadata(model_);
  const std::string deep(100'000, '[');
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"fcn.graph", "nonsense"},
      {"fcn.classes", ""},
      {"fcn.classes", "{}"},
      {"fcn.classes", "[1]"},
      {"fcn.classes", "[\"a\""},
      {"fcn.classes", "\"a\""},
      {"fcn.classes", deep},
      {"fcn.palette", "[[0,0]]"},
      {"fcn.palette", "[[0,0,256],[0,0,0]]"},
      {"fcn.palette", "[[0,0,-1],[0,0,0]]"},
      {"fcn.palette", "[[0,0,1.5],[0,0,0]]"},
      {"fcn.palette", "{}"},
      {"fcn.preprocessing", "[]"},
      {"fcn.preprocessing", "{}"},
      {"fcn.preprocessing", R"({"order":"grb","mean":[0,0,0],"deviation":[1,1,1],"shorter_side":0,"crop":0})"},
      {"fcn.preprocessing", R"({"order":"rgb","mean":[0,0],"deviation":[1,1,1],"shorter_side":0,"crop":0})"},
      {"fcn.preprocessing", R"({"order":"rgb","mean":[0,0,1e300],"deviation":[1,1,1],"shorter_side":0,"crop":0})"},
      {"fcn.preprocessing", R"({"order":"rgb","mean":[0,0,0],"deviation":[1,1,1],"shorter_side":1e10,"crop":0})"},
      {"fcn.golden", "{}"},
      {"fcn.golden", "[1]"},
      {"fcn.golden", "[null]"},
      {"fcn.golden", R"([{"seed":-1,"amplitude":1,"height":1,"width":1,"positions":[0],"scores":[0],"tolerance":0}])"},
      {"fcn.golden",
       R"([{"seed":1,"amplitude":1,"height":1,"width":1,"positions":[0],"scores":[null],"tolerance":0}])"},
      {"fcn.golden",
       R"([{"seed":1,"amplitude":1,"height":1,"width":1,"positions":[1e99],"scores":[0],"tolerance":0}])"},
  };
  for (const auto& [key, value] : bad) {
    auto metadata = good;
    metadata[key] = value;
    const Error error = ErrorOf([&] { ModelFromMetadata(metadata, "file"); });
    EXPECT_EQ(error.code(), ErrorCode::kInput) << key << " " << value.substr(0, 80);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("file"), HasSubstr(key))) << value.substr(0, 80);
    EXPECT_LT(error.message().size(), 400u);
  }
}

// Found by fuzzing: labels out of a picture ended as "a bug in fcn".
TEST_F(ModelFile, OperationsOfTrainingAreRefused) {
  Graph graph;
  const ValueId image = graph.AddInput("image", 1);
  graph.AddOutput(graph.AddNode("loss", SoftmaxLoss{}, {image, graph.AddNode("best", Argmax{}, {image})}));
  model_.graph = std::make_shared<const Graph>(graph);
  model_.weights.clear(), model_.head().classes = {"crack"}, model_.head().palette.clear(), model_.golden.clear();
  WriteSafetensors(path_, model_.weights, ModelToMetadata(model_));
  const Error error = ErrorOf([&] { LoadModel(path_); });
  EXPECT_EQ(error.code(), ErrorCode::kInput);
  EXPECT_THAT(error.message(), HasSubstr("\"loss\" is a SoftmaxLoss, which belongs to training"));
}

TEST_F(ModelFile, WhatIsTakenAndGivenIsFloat32) {
  Graph of_labels, to_labels;
  of_labels.AddOutput(of_labels.AddInput("image", 1, ElementType::kInt32));
  to_labels.AddOutput(to_labels.AddNode("best", Argmax{}, {to_labels.AddInput("image", 1)}));
  model_.weights.clear(), model_.head().classes = {"crack"}, model_.head().palette.clear(), model_.golden.clear();
  for (const Graph& graph : {of_labels, to_labels}) {
    model_.graph = std::make_shared<const Graph>(graph);
    WriteSafetensors(path_, model_.weights, ModelToMetadata(model_));
    const Error error = ErrorOf([&] { LoadModel(path_); });
    EXPECT_EQ(error.code(), ErrorCode::kInput);
    EXPECT_THAT(error.message(), HasSubstr("is int32: what a model takes and gives is float32"));
  }
}

TEST_F(ModelFile, ContradictionsAreFound) {
  const auto refused = [&](const std::function<void(ModelContents&)>& spoil) {
    ModelContents model = model_;
    spoil(model);
    return ErrorOf([&] { SaveModel(path_, model); }).message();
  };
  EXPECT_THAT(refused([](ModelContents& m) { m.head().classes.emplace_back("third"), m.head().palette.clear(); }),
              HasSubstr("2 scores for 3 classes"));
  EXPECT_THAT(refused([](ModelContents& m) { m.graph = std::make_shared<const Graph>(), m.weights.clear(); }),
              HasSubstr("needs one input"));
  EXPECT_THAT(refused([](ModelContents& m) { m.head().classes.clear(), m.head().palette.clear(); }),
              HasSubstr("no classes"));
  EXPECT_THAT(refused([](ModelContents& m) { m.head().palette.pop_back(); }), HasSubstr("1 colours for 2 classes"));
  EXPECT_THAT(refused([](ModelContents& m) { m.input().preprocessing.deviation[1] = 0; }), HasSubstr("deviation of 0"));
  EXPECT_THAT(refused([](ModelContents& m) { m.head().classes[1] = "\033[2J"; }), HasSubstr("control character"));
  EXPECT_THAT(refused([](ModelContents& m) { m.name = "a\nb"; }), HasSubstr("control character"));
  EXPECT_THAT(refused([](ModelContents& m) { m.input().preprocessing.deviation[1] = 1e-45f; }),
              HasSubstr("deviation of 1e-45"));
  EXPECT_THAT(refused([](ModelContents& m) { m.input().preprocessing.shorter_side = 31; }),
              HasSubstr("crops 32 pixels of 31"));
  EXPECT_THAT(refused([](ModelContents& m) { m.input().preprocessing.crop = -1; }), HasSubstr("crops -1"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].height = 0; }), HasSubstr("7x0"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].width = 1'000'000; }), HasSubstr("1000000x5"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].positions.push_back(1); }),
              HasSubstr("2 scores for 3 positions"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].positions[0] = -1; }), HasSubstr("position -1"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].tolerance = -1; }), HasSubstr("tolerance"));
  EXPECT_THAT(refused([](ModelContents& m) { m.golden[0].scores[0] = NAN; }), HasSubstr("not a number"));
  EXPECT_THAT(refused([](ModelContents& m) { m.metadata["fcn.extra"] = ""; }), HasSubstr("reserved"));
}

TEST(Import, AClassifierBecomesAnFcn) {
  const ZooEntry& classifier = FindModel("efficientnet-lite0");
  NamedTensors checkpoint = RandomWeights(classifier.build(1000), 1);
  checkpoint["_bn0.num_batches_tracked"] = {DType::kInt64, {}, {}, nullptr};
  const Imported imported = ImportWeights(FindModel("fcn8s-efficientnet-lite0"), Source(checkpoint, "lite0.pth"));
  const ImportReport& report = imported.report;
  EXPECT_THAT(report.ignored,
              UnorderedElementsAre("_bn0.num_batches_tracked", "_conv_head.weight", "_bn1.weight", "_bn1.bias",
                                   "_bn1.running_mean", "_bn1.running_var", "_fc.weight", "_fc.bias"));
  EXPECT_THAT(report.initialised, UnorderedElementsAre("score32.weight", "score32.bias", "score16.weight",
                                                       "score16.bias", "score8.weight", "score8.bias"));
  EXPECT_THAT(report.reshaped, IsEmpty());
  EXPECT_EQ(report.taken.size() + report.ignored.size(), checkpoint.size());
  const NamedTensors& weights = imported.model.weights;
  EXPECT_EQ(weights.at("backbone._blocks.3._bn1.bias").ToFloats(), checkpoint.at("_blocks.3._bn1.bias").ToFloats());
  EXPECT_THAT(weights.at("score16.weight").ToFloats(), Each(0.0f));
  EXPECT_EQ(imported.model.head().classes.size(), 21u);
}

TEST(Import, ANetworksOwnWeightsComeWithTheirClasses) {
  const ZooEntry& entry = FindModel("fcn16s-efficientnet-lite0");
  const NamedTensors checkpoint = RandomWeights(entry.build(3), 1);
  const Imported imported = ImportWeights(entry, Source(checkpoint, "x"));
  EXPECT_THAT(imported.report.initialised, IsEmpty());
  EXPECT_THAT(imported.model.head().classes, ElementsAre("class 0", "class 1", "class 2"));
  ImportOptions options;
  options.classes = {"a", "b", "c", "d"};
  EXPECT_THAT(ErrorOf([&] { ImportWeights(entry, Source(checkpoint, "x"), options); }).message(),
              HasSubstr("x: the weights score 3 classes, 4 are named"));
  options.new_head = ImportOptions::NewHead::kWhereNeeded;
  const Imported renamed = ImportWeights(entry, Source(checkpoint, "x"), options);
  EXPECT_THAT(renamed.report.initialised, Contains("score32.weight"));
  EXPECT_THAT(renamed.report.ignored, Contains("score32.weight"));
}

TEST(Import, SaysWhatIsMissing) {
  const ZooEntry& entry = FindModel("efficientnet-lite0");
  NamedTensors checkpoint = RandomWeights(entry.build(1000), 1);
  checkpoint.erase("_conv_stem.weight");
  checkpoint.at("_conv_head.weight").shape = Shape{320, 1280, 1, 1};
  const Error error = ErrorOf([&] { ImportWeights(entry, Source(checkpoint, "broken.pth")); });
  EXPECT_EQ(error.code(), ErrorCode::kInput);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("broken.pth"), HasSubstr("1 missing (\"_conv_stem.weight\")"),
                                     HasSubstr("\"_conv_head.weight\" is 320x1280x1x1, not 1280x320x1x1")));
  EXPECT_THROW(ImportWeights(entry, Source({}, "empty.pth")), Error);
}

TEST(Import, LayersThatTheWeightsLackBeginAnewWhereTheyAreNamed) {
  const ZooEntry& entry = FindModel("fcn8s-efficientnet-lite0");
  NamedTensors checkpoint = RandomWeights(FindModel("efficientnet-lite0").build(1000), 1);
  checkpoint.erase("_conv_stem.weight");
  EXPECT_THAT(ErrorOf([&] { ImportWeights(entry, Source(checkpoint, "x")); }).hint(),
              HasSubstr("--new-layers backbone._conv_stem. lets these layers begin untrained"));
  ImportOptions options;
  options.new_layers = {"backbone._conv_stem.", "backbone._blocks.3._bn1"};  // the latter is there
  options.seed = 7;
  const Imported imported = ImportWeights(entry, Source(checkpoint, "x"), options);
  EXPECT_THAT(imported.report.initialised,
              UnorderedElementsAre("backbone._conv_stem.weight", "backbone._blocks.3._bn1.weight",
                                   "backbone._blocks.3._bn1.bias", "backbone._blocks.3._bn1.running_mean",
                                   "backbone._blocks.3._bn1.running_var", "score32.weight", "score32.bias",
                                   "score16.weight", "score16.bias", "score8.weight", "score8.bias"));
  EXPECT_THAT(imported.report.ignored, Contains("_blocks.3._bn1.bias"));
  EXPECT_TRUE(imported.report.is_untrained());
  const NamedTensors& weights = imported.model.weights;
  const auto begins = [&](const std::string& name, uint64_t seed) {
    const StoredTensor& there = weights.at(name);
    return there.ToFloats() == InitialParameter(name, there.shape, seed).ToFloats();
  };
  EXPECT_TRUE(begins("backbone._conv_stem.weight", 7));
  EXPECT_FALSE(begins("backbone._conv_stem.weight", 0)) << "seeds begin alike";
  EXPECT_TRUE(begins("backbone._blocks.3._bn1.running_var", 7));
  EXPECT_EQ(weights.at("backbone._bn0.bias").ToFloats(), checkpoint.at("_bn0.bias").ToFloats());

  // Nor does it matter what shape is there.
  checkpoint["_conv_stem.weight"] = RandomParameter("_conv_stem.weight", {7, 3, 5, 5}, 1);
  EXPECT_THAT(ImportWeights(entry, Source(checkpoint, "x"), options).report.ignored, Contains("_conv_stem.weight"));

  const auto refused = [&](const std::string& beginning) {
    options.new_layers = {beginning};
    const Error error = ErrorOf([&] { ImportWeights(entry, Source(checkpoint, "x"), options); });
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.message();
  };
  EXPECT_THAT(refused("conv_stem"), HasSubstr("new_layers: no parameter's name begins with \"conv_stem\""));
  EXPECT_THAT(refused(""), HasSubstr("names all layers"));
}

TEST(Import, LayersOfScoresThatBeginAnewNeedNoClassesOfTheFile) {
  const ZooEntry& entry = FindModel("fcn16s-efficientnet-lite0");
  ImportOptions options;
  options.classes = {"a", "b", "c", "d"};
  options.new_layers = {"score"};
  const Imported imported = ImportWeights(entry, Source(RandomWeights(entry.build(3), 1), "x"), options);
  EXPECT_EQ(imported.model.weights.at("score16.weight").shape[0], 4);
  EXPECT_THAT(imported.model.weights.at("score16.weight").ToFloats(), Each(0.0f));
  EXPECT_EQ(imported.report.initialised.size(), 4u);
}

TEST(Import, TorchvisionsFcnResNetWithItsAuxiliaryHead) {
  const ZooEntry& entry = FindModel("fcn_resnet50");
  NamedTensors checkpoint = RandomWeights(entry.build(21), 1);
  checkpoint["backbone.bn1.num_batches_tracked"] = {DType::kInt64, {}, {}, nullptr};
  checkpoint["aux_classifier.0.weight"] = RandomParameter("aux_classifier.0.weight", {256, 1024, 3, 3}, 1);
  checkpoint["aux_classifier.4.bias"] = RandomParameter("aux_classifier.4.bias", {21}, 1);
  const ImportReport report = ImportWeights(entry, Source(checkpoint, "fcn_resnet50.pth")).report;
  EXPECT_THAT(report.ignored,
              ElementsAre("aux_classifier.0.weight", "aux_classifier.4.bias", "backbone.bn1.num_batches_tracked"));
  EXPECT_THAT(report.initialised, IsEmpty());
  EXPECT_EQ(report.taken.size() + 3, checkpoint.size());
}

TEST(Import, AResNetsHeadBeginsAsAnUntrainedOne) {
  const NamedTensors checkpoint = RandomWeights(FindModel("resnet50").build(1000), 1);
  ImportOptions options;
  options.classes = {"a", "b"};
  const Imported imported = ImportWeights(FindModel("fcn_resnet50"), Source(checkpoint, "resnet50.pth"), options);
  EXPECT_THAT(imported.report.ignored, ElementsAre("fc.bias", "fc.weight"));
  EXPECT_THAT(imported.report.initialised,
              UnorderedElementsAre("classifier.0.weight", "classifier.1.weight", "classifier.1.bias",
                                   "classifier.1.running_mean", "classifier.1.running_var", "classifier.4.weight",
                                   "classifier.4.bias"));
  const NamedTensors& weights = imported.model.weights;
  EXPECT_EQ(weights.at("backbone.conv1.weight").ToFloats(), checkpoint.at("conv1.weight").ToFloats());
  EXPECT_EQ(weights.at("classifier.0.weight").ToFloats(),
            RandomParameter("classifier.0.weight", {512, 2048, 3, 3}, 0).ToFloats());
  EXPECT_THAT(weights.at("classifier.1.running_var").ToFloats(), Each(1.0f));
  EXPECT_THAT(weights.at("classifier.4.weight").ToFloats(), Each(0.0f));
  EXPECT_EQ(ImportWeights(FindModel("fcn8s-resnet50"), Source(checkpoint, "resnet50.pth")).report.initialised.size(),
            6u);
}

TEST(Import, Vgg16sFullyConnectedLayersAreReshaped) {
  // Only shapes matter here; a half-precision zero page keeps the 138 million parameters cheap.
  const ZooEntry& classifier = FindModel("vgg16");
  const Graph graph = classifier.build(1000);
  const auto zeros = std::make_shared<std::vector<uint8_t>>(size_t{25088} * 4096 * 2);
  NamedTensors checkpoint;
  for (const ValueId id : graph.Parameters()) {
    const Shape& shape = graph.value(id).parameter_shape;
    checkpoint[graph.value(id).name] = {
        DType::kFloat16, shape, {zeros->data(), static_cast<size_t>(shape.elements()) * 2}, zeros};
  }
  const Imported imported = ImportWeights(FindModel("fcn8s-vgg16"), Source(checkpoint, "vgg16.pth"));
  EXPECT_THAT(imported.report.reshaped, ElementsAre("classifier.0.weight", "classifier.3.weight"));
  EXPECT_THAT(imported.report.ignored, ElementsAre("classifier.6.bias", "classifier.6.weight"));
  EXPECT_EQ(imported.model.weights.at("classifier.0.weight").shape, (Shape{4096, 512, 7, 7}));
  const std::vector<float> up = imported.model.weights.at("upscore2.weight").ToFloats();
  EXPECT_EQ(std::accumulate(up.begin(), up.end(), 0.0), 21 * 4);  // bilinear: a pixel's value is spread over 2×2

  EXPECT_EQ(ImportWeights(classifier, Source(checkpoint, "vgg16.pth")).report.taken.size(), 32u);
}

TEST(Import, OneScoreIsABinaryModels) {
  const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
  const NamedTensors weights = RandomWeights(entry.build(1), 1);
  const auto classes = [&](std::vector<std::string> names) {
    ImportOptions options;
    options.classes = std::move(names);
    const Imported imported = ImportWeights(entry, Source(weights, "weights.pth"), options);
    EXPECT_TRUE(IsBinary(*imported.model.graph));
    EXPECT_THAT(imported.report.initialised, IsEmpty());
    return imported.model.head().classes;
  };
  EXPECT_THAT(classes({}), ElementsAre("background", "foreground"));
  EXPECT_THAT(classes({"crack"}), ElementsAre("background", "crack"));
  EXPECT_THAT(classes({"intact", "crack"}), ElementsAre("intact", "crack"));
  EXPECT_FALSE(
      IsBinary(*ImportWeights(entry, Source(RandomWeights(entry.build(2), 1), "weights.pth"), {.classes = {"a", "b"}})
                    .model.graph));
}

TEST(Zoo, NetworksOfOneBandTakePicturesInColourToo) {
  const ZooEntry& entry = FindModel("fcn4s-lenet");
  const ModelContents model = MakeModel(entry, 2, RandomWeights(entry.build(2), 1), {HeadRole{.classes = {"a", "b"}}});
  CheckModel(model, "colour");
  EXPECT_TRUE(model.input().preprocessing.is_colour());
  EXPECT_EQ(model.input().preprocessing.deviation, (PerBand{256, 256, 256}));
}

TEST(DenseModel, OfAClassifier) {
  const ZooEntry& entry = FindModel("efficientnet-lite0");
  const ModelContents classifier = MakeModel(entry, RandomWeights(entry.build(1000), 1));
  const ModelContents dense = DenseModel(classifier);
  EXPECT_EQ(dense.input().preprocessing.crop, 0);
  EXPECT_EQ(dense.input().preprocessing.mean, classifier.input().preprocessing.mean);
  EXPECT_EQ(dense.weights.at("_fc.weight").shape, (Shape{1000, 1280, 1, 1}));
  EXPECT_EQ(ErrorOf([&] { DenseModel(dense); }).code(), ErrorCode::kInput);
}

TEST(DenseModel, MayNeedLargerPicturesThanMost) {
  const ZooEntry& entry = FindModel("efficientnet-lite2");
  const ModelContents classifier = MakeModel(entry, RandomWeights(entry.build(2), 1), {"a", "b"});
  const ModelContents sliding = DenseModel(classifier, 0, 0, GlobalPooling::kSliding);  // a window of 9×9 at stride 32
  CheckModel(sliding, "sliding");
  EXPECT_THAT(ErrorOf([&] { CheckModel(DenseModel(classifier, 8192, 8192, GlobalPooling::kSliding), "huge"); }).what(),
              HasSubstr("huge: the graph does not take a 1x224x224x3 image"));
}

}  // namespace
}  // namespace fcn
