// What a model file says since format 2: names of inputs and heads, quantised weights, verified precisions.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "models/binary.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/model.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;

StoredTensor Int8(const Shape& shape, Quantisation by) {
  auto bytes = std::make_shared<std::vector<uint8_t>>();
  for (int64_t i = 0; i < shape.elements(); i++) bytes->push_back(static_cast<uint8_t>(i * 37 % 256));
  StoredTensor tensor{.dtype = DType::kInt8, .shape = shape, .bytes = *bytes, .owner = bytes};
  tensor.quantisation = std::make_shared<const Quantisation>(std::move(by));
  return tensor;
}

class Format2 : public ::testing::Test {
 protected:
  Format2() {
    Graph graph;
    Map x = AddConv(graph, "conv", "conv", AddImage(graph), 4, Square(3, 1, 1));
    const ValueId up = graph.AddParameter("up.weight", {4, 2, 1, 1});
    graph.AddOutput(graph.AddNode("score", Deconv2d{}, {x.id, up}));
    plain_.name = "small";
    plain_.graph = std::make_shared<const Graph>(graph);
    plain_.weights = RandomWeights(graph, 1);
    plain_.head().classes = {"background", "cat"};

    // A picture and its depth; classes, and whether a pixel is an edge.
    Map image{graph.Find("conv"), 4};
    const ValueId depth = graph.AddInput("d", 1);
    const ValueId both = graph.AddNode("both", Concat{}, {image.id, depth});
    graph.AddOutput(AddConv(graph, "edge", "edge", {both, 5}, 1, Square(1)).id);
    several_ = plain_;
    several_.graph = std::make_shared<const Graph>(graph);
    several_.weights = RandomWeights(graph, 1);
    several_.inputs = {
        {.name = "image", .preprocessing = kTorchvisionPreprocessing},
        {.name = "depth",
         .preprocessing = {
             .order = Preprocessing::Order::kBands, .mean = {1.5f}, .deviation = {0.7f}, .most = 65.535f}}};
    several_.heads = {{.name = "objects", .classes = {"background", "cat"}, .palette = {{0, 0, 0}, {1, 2, 255}}},
                      {.name = "edges", .classes = {"edge"}, .loss_weight = 0.4}};
    several_.golden = {{.height = 3, .width = 3, .positions = {4}, .scores = {0.5f}, .tolerance = 1, .head = "edges"}};
    several_.precisions = {Verified()};
  }
  ~Format2() override { std::filesystem::remove(path_); }

  static VerifiedPrecision Verified() {
    return {.precision = Precision::kInt8,
            .passed = true,
            .data = "VOC's val",
            .pictures = 57,
            .tolerance = 0.25,
            .heads = {{.changed_labels = 0.003,
                       .scores = PrecisionScores{.mean_iu = 0.78,
                                                 .float32_mean_iu = 0.781,
                                                 .interval = {-0.004, 0.0005},
                                                 .iu = {0.9, std::nullopt},
                                                 .float32_iu = {0.91, std::nullopt}}},
                      {.changed_labels = 0}}};
  }

  /// The plain model with weights of int8: each output channel's own scale, and one for all.
  ModelContents Quantised() const {
    ModelContents model = plain_;
    model.weights["conv.weight"] =
        Int8({4, 3, 3, 3}, {.axis = 0, .scales = {0.01f, 3e-30f, 1e30f, 0.3f}, .zero_points = {0, 0, -128, 127}});
    model.weights["up.weight"] = Int8({4, 2, 1, 1}, {.axis = 1, .scales = {0.5f, 0.1f}, .zero_points = {0, 0}});
    return model;
  }

  /// Expects that a file with these tensors and metadata is refused with that in its message.
  void ExpectRefused(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
                     const std::string& part) {
    WriteSafetensors(path_, tensors, metadata);
    test::ExpectError(ErrorCode::kInput, part, [&] { LoadModel(path_); });
  }

  std::filesystem::path path_ =
      std::filesystem::path(::testing::TempDir()) /
      (std::string("format2_") + ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".safetensors");
  ModelContents plain_, several_;
};

void ExpectSame(const ModelContents& model, const ModelContents& wanted) {
  EXPECT_EQ(*model.graph, *wanted.graph);
  EXPECT_EQ(model.inputs, wanted.inputs);
  EXPECT_EQ(model.golden, wanted.golden);
  EXPECT_EQ(model.precisions, wanted.precisions);
  EXPECT_EQ(ModelToMetadata(model), ModelToMetadata(wanted));
  ASSERT_EQ(model.weights.size(), wanted.weights.size());
  for (const auto& [name, tensor] : wanted.weights) {
    const StoredTensor& other = model.weights.at(name);
    EXPECT_EQ(other.dtype, tensor.dtype) << name;
    EXPECT_EQ(other.ToFloats(), tensor.ToFloats()) << name;
    ASSERT_EQ(other.quantisation != nullptr, tensor.quantisation != nullptr) << name;
    if (tensor.quantisation) {
      EXPECT_EQ(*other.quantisation, *tensor.quantisation) << name;
    }
  }
}

TEST_F(Format2, IsWrittenWhereItIsNeededAlone) {
  const auto format = [](const ModelContents& model) { return ModelToMetadata(model).at("fcn.format"); };
  EXPECT_EQ(format(plain_), "1");
  EXPECT_EQ(format(several_), "2");
  EXPECT_EQ(format(Quantised()), "2");
  ModelContents model = plain_;
  model.precisions = {Verified()};
  EXPECT_EQ(format(model), "2");
  model = plain_;
  model.input().name = "image", model.head().name = "labels";
  EXPECT_EQ(format(model), "2");
  model = plain_;
  Graph graph = *plain_.graph;
  graph.ClearOutputs();
  const ValueId narrow = graph.AddNode("narrow", Cast{.type = ElementType::kBFloat16}, {graph.Find("score")});
  graph.AddOutput(graph.AddNode("wide", Cast{.type = ElementType::kFloat32}, {narrow}));
  model.graph = std::make_shared<const Graph>(std::move(graph));
  EXPECT_EQ(format(model), "2");
  // Files of format 1 with such values were written before there was another.
  auto metadata = ModelToMetadata(model);
  metadata["fcn.format"] = "1";
  EXPECT_EQ(*ModelFromMetadata(metadata, "file").graph, *model.graph);
  SaveModel(path_, model);
  ExpectSame(LoadModel(path_), model);
}

TEST_F(Format2, RolesAndPrecisionsComeBack) {
  SaveModel(path_, several_);
  ModelContents wanted = several_;
  NameBothClasses(wanted);
  EXPECT_THAT(wanted.heads[1].classes, ElementsAre("background", "edge"));
  const ModelContents loaded = LoadModel(path_);
  EXPECT_EQ(loaded.heads, wanted.heads);
  ExpectSame(loaded, wanted);
}

TEST_F(Format2, QuantisedWeightsComeBackAsTheyWere) {
  const ModelContents model = Quantised();
  SaveModel(path_, model);
  const SafetensorsFile file = ReadSafetensors(path_);
  EXPECT_EQ(file.tensors.at("conv.weight").dtype, DType::kInt8);
  EXPECT_EQ(file.tensors.at("conv.weight_scale").shape, (Shape{4, 1, 1, 1}));
  EXPECT_EQ(file.tensors.at("conv.weight_zero_point").shape, (Shape{4, 1, 1, 1}));
  EXPECT_EQ(file.tensors.at("up.weight_scale").shape, (Shape{1, 2, 1, 1}));
  EXPECT_FALSE(file.tensors.contains("up.weight_zero_point"));
  const ModelContents loaded = LoadModel(path_);
  ExpectSame(loaded, model);
  const std::vector<float> floats = loaded.weights.at("conv.weight").ToFloats();
  const Quantisation& by = *model.weights.at("conv.weight").quantisation;
  for (int i = 0; i < 4 * 27; i++) {
    const auto o = static_cast<size_t>(i / 27);
    const auto element = static_cast<int8_t>(i * 37 % 256);
    EXPECT_EQ(floats[static_cast<size_t>(i)], static_cast<float>(element - by.zero_points[o]) * by.scales[o]) << i;
    EXPECT_TRUE(std::isfinite(floats[static_cast<size_t>(i)])) << i;
  }
  EXPECT_EQ(loaded.weights.at("up.weight").ToFloats()[3], 111 * 0.1f);  // row 1, column 1

  const std::vector<uint8_t> bytes = ReadFile(path_);
  SaveModel(path_, loaded);
  EXPECT_EQ(ReadFile(path_), bytes);
}

TEST_F(Format2, OneScaleMayBeOfAWholeWeight) {
  ModelContents model = Quantised();
  model.weights["conv.weight"] = Int8({4, 3, 3, 3}, {.axis = 0, .scales = {0.25f}, .zero_points = {3}});
  SaveModel(path_, model);
  EXPECT_EQ(ReadSafetensors(path_).tensors.at("conv.weight_scale").shape, (Shape{1, 1, 1, 1}));
  const ModelContents loaded = LoadModel(path_);
  EXPECT_EQ(loaded.weights.at("conv.weight").ToFloats()[1], (37 - 3) * 0.25f);
  ExpectSame(loaded, model);
}

TEST_F(Format2, TheChecksumIsOfTheScalesToo) {
  SaveModel(path_, Quantised());
  SafetensorsFile file = ReadSafetensors(path_);
  EXPECT_EQ(CompareChecksum(file), ChecksumResult::kMatches);
  file.tensors["up.weight_scale"] = StoredTensor::FromFloats({1, 2, 1, 1}, std::vector<float>{0.5f, 0.2f});
  EXPECT_EQ(CompareChecksum(file), ChecksumResult::kDiffers);
}

TEST_F(Format2, QuantisedWeightsAreWholeOrRefused) {
  SaveModel(path_, Quantised());
  const SafetensorsFile good = ReadSafetensors(path_);
  std::map<std::string, std::string> metadata = good.metadata;
  metadata.erase(kChecksumKey);
  const auto refused = [&](const std::string& part, const std::function<void(NamedTensors&)>& spoil) {
    NamedTensors tensors = good.tensors;
    spoil(tensors);
    ExpectRefused(tensors, metadata, part);
  };
  const auto floats = [](Shape shape, std::vector<float> values) {
    return StoredTensor::FromFloats(std::move(shape), values);
  };
  const auto scales = [&](float third) { return floats({4, 1, 1, 1}, {1, 1, third, 1}); };
  refused("\"conv.weight\" is int8 and lacks \"conv.weight_scale\"",
          [](NamedTensors& t) { t.erase("conv.weight_scale"); });
  refused("\"conv.weight_scale\" is 4, not 1x1x1x1 or 4x1x1x1", [&](NamedTensors& t) {
    t["conv.weight_scale"] = floats({4}, {1, 1, 1, 1});
  });
  refused("\"up.weight_scale\" is 4x1x1x1, not 1x1x1x1 or 1x2x1x1",
          [&](NamedTensors& t) { t["up.weight_scale"] = scales(1); });
  refused("\"conv.weight_scale\" is int8, not float32",
          [](NamedTensors& t) { t["conv.weight_scale"] = t["conv.weight_zero_point"]; });
  refused("\"conv.weight_zero_point\" is float32, not int8",
          [&](NamedTensors& t) { t["conv.weight_zero_point"] = scales(1); });
  refused("4 elements for 1 scales", [&](NamedTensors& t) { t["conv.weight_scale"] = floats({1, 1, 1, 1}, {1}); });
  for (const float bad : {0.0f, -1.0f, 1e-31f, 1e37f, INFINITY, NAN})
    refused("\"conv.weight_scale\" has a scale of", [&](NamedTensors& t) { t["conv.weight_scale"] = scales(bad); });
  refused("\"conv.bias\" is int8, and has 1 dimensions", [](NamedTensors& t) {
    t["conv.bias"] = Int8({4}, {});
    t["conv.bias"].quantisation = nullptr;
  });
  refused("unexpected (\"edge_scale\")", [&](NamedTensors& t) { t["edge_scale"] = scales(1); });
  refused("unexpected (\"conv.bias_scale\")", [&](NamedTensors& t) { t["conv.bias_scale"] = scales(1); });
  const std::vector<uint8_t> zeros(4 * 27 * 4);
  refused("\"conv.weight\" is int32", [&](NamedTensors& t) {
    t["conv.weight"] = {DType::kInt32, {4, 3, 3, 3}, zeros, {}};
  });
  metadata["fcn.format"] = "1";  // whose integers are no weights
  ExpectRefused(good.tensors, metadata, "\"conv.weight\" is int8 with scales, which a file of format 1 cannot have");
  ExpectRefused(good.tensors, metadata, "Write \"fcn.format\" as \"2\"");
}

TEST_F(Format2, GroupsOfATransposedConvolutionHaveOneScale) {
  Graph graph;
  const Map x = AddConv(graph, "conv", "conv", AddImage(graph), 4, Square(3, 1, 1));
  ConvGeometry geometry = Square(1);
  geometry.groups = 2;
  graph.AddOutput(graph.AddNode("score", Deconv2d{geometry}, {x.id, graph.AddParameter("up.weight", {4, 2, 1, 1})}));
  plain_.graph = std::make_shared<const Graph>(graph);
  plain_.weights = RandomWeights(graph, 1);
  plain_.head().classes = {"a", "b", "c", "d"};
  plain_.weights["up.weight"] = Int8({4, 2, 1, 1}, {.axis = 1, .scales = {0.5f}, .zero_points = {3}});
  SaveModel(path_, plain_);
  ExpectSame(LoadModel(path_), plain_);
  plain_.weights["up.weight"] = Int8({4, 2, 1, 1}, {.axis = 1, .scales = {0.5f, 0.1f}, .zero_points = {0, 0}});
  test::ExpectError(ErrorCode::kInput,
                    "\"up.weight_scale\" is 1x2x1x1, not 1x1x1x1, as its transposed convolution has 2 groups",
                    [&] { SaveModel(path_, plain_); });
}

TEST_F(Format2, AScaleIsNoOtherWeight) {
  Graph graph;
  const ValueId image = graph.AddInput("image", 3);
  const ValueId w = graph.AddParameter("w", {2, 3, 1, 1}), other = graph.AddParameter("w_scale", {2, 1, 1, 1});
  const ValueId x = graph.AddNode("x", Conv2d{}, {image, w});
  ConvGeometry depthwise = Square(1);
  depthwise.groups = 2;
  graph.AddOutput(graph.AddNode("y", Conv2d{depthwise}, {x, other}));
  plain_.graph = std::make_shared<const Graph>(std::move(graph));
  plain_.weights = {{"w", Int8({2, 3, 1, 1}, {.axis = 0, .scales = {1}, .zero_points = {0}})},
                    {"w_scale", StoredTensor::FromFloats({2, 1, 1, 1}, std::vector<float>{1, 1})}};
  test::ExpectError(ErrorCode::kInput, "\"w\" is int8, and \"w_scale\" is another weight",
                    [&] { SaveModel(path_, plain_); });
}

TEST_F(Format2, EachMemberIsNeededAndChecked) {
  const auto good = ModelToMetadata(several_);
  const auto refused = [&](const std::string& key, const std::string& part, const std::function<void(json&)>& spoil) {
    auto metadata = good;
    json value = json::parse(metadata.at(key));
    spoil(value);
    metadata[key] = value.dump();
    for (const std::string& said : {"\"" + key + "\" is malformed", part})
      test::ExpectError(ErrorCode::kInput, said, [&] { ModelFromMetadata(metadata, "file"); });
  };
  const std::vector<std::pair<std::string, std::string>> places = {{"fcn.inputs", "/0"},
                                                                   {"fcn.heads", "/1"},
                                                                   {"fcn.golden", "/0"},
                                                                   {"fcn.precisions", "/0"},
                                                                   {"fcn.precisions", "/0/heads/0/scores"}};
  for (const auto& [key, place] : places) {
    const json::json_pointer at(place);
    const json whole = json::parse(good.at(key));
    for (const auto& [name, value] : whole.at(at).items()) {
      if (name == "head") continue;  // may be missing
      refused(key, "the member '" + name, [&, n = name](json& v) { v.at(at).erase(n); });
      refused(key, "." + name + ":", [&, n = name](json& v) { v.at(at)[n] = json::object({{"a", 1}}); });
    }
    refused(key, "unknown member 'x'", [&](json& v) { v.at(at)["x"] = 1; });
    refused(key, "no object", [&](json& v) { v.at(at) = json::array({1}); });
  }
  for (const char* key : {"fcn.inputs", "fcn.heads", "fcn.golden", "fcn.precisions"}) {
    refused(key, "no list", [](json& v) { v = json::object(); });
    refused(key, "it has 17 elements, and at most", [](json& v) { v = json(17, json("nothing")); });
  }
  for (const char* list : {"positions", "scores"}) {
    for (const json& none : {json(), json(4), json::object({{"0", 4}})})
      refused("fcn.golden", fmt::format("[0].{}: it is no list", list), [&](json& v) { v[0][list] = none; });
    refused("fcn.golden", fmt::format("[0].{}[2]: ", list), [&](json& v) { v[0][list] = {1, 2, "3"}; });
    refused("fcn.golden", fmt::format("[0].{}: it has 65537 elements", list),
            [&](json& v) { v[0][list] = std::vector<int>(65537); });
  }
  refused("fcn.golden", "[1]: it is no object", [](json& v) { v.push_back(3); });
  refused("fcn.golden", "unknown member 'heads'", [](json& v) { v[0]["heads"] = "edges"; });
  refused("fcn.inputs", "[1].order: the order", [](json& v) { v[1]["order"] = "rgba"; });
  refused("fcn.inputs", "[1].name: ", [](json& v) { v[1]["name"] = "a b"; });
  refused("fcn.heads", "[0].name: ", [](json& v) { v[0]["name"] = ""; });
  refused("fcn.inputs", "[0].range: it has two numbers", [](json& v) { v[0]["range"] = {0, 1, 2}; });
  refused("fcn.inputs", "[0].mean: it has 65 elements, and at most 64",
          [](json& v) { v[0]["mean"] = std::vector<int>(65); });
  refused("fcn.inputs", "[0].mean[1]: ", [](json& v) { v[0]["mean"] = {0, 1e300, 0}; });
  refused("fcn.heads", "[1].palette: a colour has three numbers", [](json& v) { v[1]["palette"] = {{1, 2}}; });
  refused("fcn.precisions", "neither bf16 nor int8", [](json& v) { v[0]["precision"] = "float32"; });
  refused("fcn.precisions", ".interval: it has two numbers",
          [](json& v) { v[0]["heads"][0]["scores"]["interval"] = {0}; });
}

TEST_F(Format2, GoldenVectorsOfFormat1HaveListsToo) {
  plain_.golden = {{.height = 3, .width = 3, .positions = {4}, .scores = {0.5f}, .tolerance = 1}};
  auto metadata = ModelToMetadata(plain_);
  ASSERT_EQ(metadata.at("fcn.format"), "1");
  json golden = json::parse(metadata.at("fcn.golden"));
  golden[0]["more"] = 1;  // was passed over
  metadata["fcn.golden"] = golden.dump();
  EXPECT_EQ(ModelFromMetadata(metadata, "file").golden, plain_.golden);
  golden[0]["positions"] = json::object({{"0", 4}});
  metadata["fcn.golden"] = golden.dump();
  test::ExpectError(ErrorCode::kInput, "\"fcn.golden\" is malformed: \"[0].positions: it is no list",
                    [&] { ModelFromMetadata(metadata, "file"); });
}

TEST_F(Format2, ASharesZeroHasNoSign) {
  several_.precisions[0].heads[1].changed_labels = -0.0;
  several_.precisions[0].heads[0].scores->mean_iu = -0.0;
  const auto heads = ModelFromMetadata(ModelToMetadata(several_), "file").precisions[0].heads;
  EXPECT_FALSE(std::signbit(heads[1].changed_labels));
  EXPECT_FALSE(std::signbit(heads[0].scores->mean_iu));
}

TEST_F(Format2, AMemberIsThereOnce) {
  auto metadata = ModelToMetadata(several_);
  std::string& precisions = metadata.at("fcn.precisions");
  const std::string passed = "\"passed\":true";
  precisions.replace(precisions.find(passed), passed.size(), "\"passed\":false," + passed);
  test::ExpectError(ErrorCode::kInput, "the member passed is there twice",
                    [&] { ModelFromMetadata(metadata, "file"); });
}

TEST_F(Format2, InputsOfGoldenVectorsAreNoBombs) {
  Graph graph = *several_.graph;
  const std::vector<float> zeros(64, 0), ones(64, 1);
  for (int i = 0; i < 14; i++) {
    const std::string name = "x" + std::to_string(i);
    graph.AddInput(name, 64);
    several_.inputs.push_back(several_.inputs[1]);
    several_.inputs.back().name = name;
    several_.inputs.back().preprocessing.mean = PerBand(std::span<const float>(zeros));
    several_.inputs.back().preprocessing.deviation = PerBand(std::span<const float>(ones));
  }
  several_.graph = std::make_shared<const Graph>(graph);
  EXPECT_NO_THROW(CheckModel(several_, "file"));
  several_.golden[0].height = several_.golden[0].width = 1024;
  test::ExpectError(ErrorCode::kInput, "the inputs of the golden vectors have 943718400 numbers",
                    [&] { CheckModel(several_, "file"); });
}

TEST_F(Format2, KeysOfNoMeaningAreRefused) {
  auto metadata = ModelToMetadata(several_);
  const auto refused = [&](const std::string& part) {
    test::ExpectError(ErrorCode::kInput, part, [&] { ModelFromMetadata(metadata, "file"); });
  };
  metadata["fcn.extra"] = "";
  refused("\"fcn.extra\", which is no key of format 2");
  metadata.erase("fcn.extra");
  metadata["fcn.classes"] = R"(["a"])";
  refused("\"fcn.classes\" beside \"fcn.inputs\"");
  metadata.erase("fcn.classes");
  const std::string heads = metadata["fcn.heads"], inputs = metadata["fcn.inputs"];
  metadata.erase("fcn.heads");
  refused("the metadata have \"fcn.inputs\" and lack \"fcn.heads\": a model names both");
  metadata["fcn.heads"] = heads, metadata.erase("fcn.inputs");
  refused("the metadata have \"fcn.heads\" and lack \"fcn.inputs\": a model names both");
  metadata["fcn.inputs"] = inputs;
  metadata["fcn.heads"] = "[]";
  refused("is empty");
  // In format 1 they were passed over.
  metadata = ModelToMetadata(plain_);
  metadata["fcn.extra"] = metadata["fcn.inputs"] = "";
  EXPECT_FALSE(ModelFromMetadata(metadata, "file").names_roles());
}

TEST_F(Format2, ContradictionsAreFound) {
  const auto refused = [&](const std::string& part, const std::function<void(ModelContents&)>& spoil) {
    ModelContents model = several_;
    spoil(model);
    test::ExpectError(ErrorCode::kInput, part, [&] { CheckModel(model, "file"); });
  };
  EXPECT_NO_THROW(CheckModel(several_, "file"));
  refused("two inputs are called \"image\"", [](ModelContents& m) { m.inputs[1].name = "image"; });
  refused("two heads are called \"objects\"", [](ModelContents& m) { m.heads[1].name = "objects"; });
  refused("names no input", [](ModelContents& m) { m.inputs[1].name = ""; });
  refused("names no head", [](ModelContents& m) { m.heads[1].name = std::string(65, 'a'); });
  refused("names no head", [](ModelContents& m) { m.heads[1].name = "../a"; });
  refused("1 inputs are named, the graph has 2", [](ModelContents& m) { m.inputs.pop_back(); });
  refused("3 heads are named, the graph has 2", [](ModelContents& m) { m.heads.push_back(m.heads[0]); });
  refused("there are 17 heads", [](ModelContents& m) { m.heads.resize(17); });
  refused("the graph needs one input", [](ModelContents& m) { m.input().name = ""; });
  refused("no heads", [](ModelContents& m) { m.heads.clear(); });
  refused("input \"depth\": 2 means and 1 deviations for 1 bands", [](ModelContents& m) {
    m.inputs[1].preprocessing.mean = {1, 2};
  });
  refused("input \"depth\": the order rgb is of three bands, and there are 1",
          [](ModelContents& m) { m.inputs[1].preprocessing.order = Preprocessing::Order::kRgb; });
  refused("input \"depth\": samples range from 0 to 0", [](ModelContents& m) { m.inputs[1].preprocessing.most = 0; });
  refused("input \"depth\": preprocessing has a mean of 1.5 and a deviation of 0",
          [](ModelContents& m) { m.inputs[1].preprocessing.deviation = {0}; });
  const auto hostile = [&](float mean, float deviation, float most) {
    refused("input \"depth\"", [=](ModelContents& m) {
      Preprocessing& p = m.inputs[1].preprocessing;
      p.mean = {mean}, p.deviation = {deviation}, p.most = most;
    });
  };
  hostile(1e38f, 1, 1);
  hostile(1, 1e-38f, 1);
  hostile(1, 1e38f, 1);
  hostile(1, 1, 1e38f);
  hostile(1e20f, 1e-20f, 1);
  hostile(std::nanf(""), 1, 1);
  refused("cropped in different ways", [](ModelContents& m) { m.inputs[1].preprocessing.shorter_side = 8; });
  refused("head \"edges\": its loss weighs -1", [](ModelContents& m) { m.heads[1].loss_weight = -1; });
  refused("head \"edges\": its loss weighs", [](ModelContents& m) { m.heads[1].loss_weight = 1e7; });
  refused("head \"edges\": there are no classes", [](ModelContents& m) { m.heads[1].classes.clear(); });
  refused("head \"edges\": class 0 names no class", [](ModelContents& m) { m.heads[1].classes[0] = ""; });
  refused("head \"edges\": the graph gives 1 scores for 3 classes", [](ModelContents& m) {
    m.heads[1].classes = {"a", "b", "c"};
  });
  refused("head \"objects\": 1 colours for 2 classes", [](ModelContents& m) { m.heads[0].palette.pop_back(); });
  refused("golden vector 0: it is of the head \"else\", which is not there",
          [](ModelContents& m) { m.golden[0].head = "else"; });
  const auto spoilt_second = [&](const std::string& part, const std::function<void(GoldenVector&)>& spoil) {
    refused("file: golden vector 1: " + part, [&](ModelContents& m) { spoil(m.golden.emplace_back(m.golden[0])); });
  };
  spoilt_second("its image has 0x3 pixels", [](GoldenVector& g) { g.width = 0; });
  spoilt_second("it has 1 scores for 2 positions", [](GoldenVector& g) { g.positions.push_back(1); });
  spoilt_second("it has a score at position -1", [](GoldenVector& g) { g.positions[0] = -1; });
  spoilt_second("its tolerance is -1", [](GoldenVector& g) { g.tolerance = -1; });
  spoilt_second("one of its scores is not a number", [](GoldenVector& g) { g.scores[0] = NAN; });
  const auto spoilt = [&](const std::string& part, const std::function<void(VerifiedPrecision&)>& spoil) {
    refused("file: precision int8: " + part, [&](ModelContents& m) { spoil(m.precisions[0]); });
  };
  refused("precision int8: it is there twice", [](ModelContents& m) { m.precisions.push_back(m.precisions[0]); });
  spoilt("the name of its data is \"\"", [](VerifiedPrecision& p) { p.data = ""; });
  spoilt("the name of its data is", [](VerifiedPrecision& p) { p.data = "\033[2J"; });
  spoilt("it was measured on 0 pictures", [](VerifiedPrecision& p) { p.pictures = 0; });
  spoilt("its tolerance is", [](VerifiedPrecision& p) { p.tolerance = NAN; });
  spoilt("it was measured of 1 heads, and there are 2", [](VerifiedPrecision& p) { p.heads.pop_back(); });
  spoilt("the share of changed labels is 1.5", [](VerifiedPrecision& p) { p.heads[1].changed_labels = 1.5; });
  spoilt("mean IUs are 2 and 0.781", [](VerifiedPrecision& p) { p.heads[0].scores->mean_iu = 2; });
  spoilt("the interval is 0.1 to 0", [](VerifiedPrecision& p) { p.heads[0].scores->interval = {0.1, 0}; });
  spoilt("there are 1 IUs for 2 classes", [](VerifiedPrecision& p) { p.heads[0].scores->iu.pop_back(); });
  spoilt("an IU is -1", [](VerifiedPrecision& p) { p.heads[0].scores->float32_iu[0] = -1; });
}

TEST_F(Format2, WhatHasNoNameIsAPicture) {
  const auto refused = [&](const std::string& part, const std::function<void(ModelContents&)>& spoil) {
    ModelContents model = plain_;
    spoil(model);
    test::ExpectError(ErrorCode::kInput, part, [&] { CheckModel(model, "file"); });
  };
  refused("others have none", [](ModelContents& m) { m.head().name = "a"; });
  refused("others have none", [](ModelContents& m) { m.heads.resize(2); });
  refused("has a loss weight", [](ModelContents& m) { m.head().loss_weight = 2; });
  refused("no picture of red", [](ModelContents& m) { m.input().preprocessing.order = Preprocessing::Order::kBands; });
  refused("no picture of red", [](ModelContents& m) { m.input().preprocessing.mean = {1}; });
  refused("no picture of red", [](ModelContents& m) { m.input().preprocessing.most = 1; });
}

}  // namespace
}  // namespace fcn
