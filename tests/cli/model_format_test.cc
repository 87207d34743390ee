// Model files of format 2 in every verb: what can be run is, and what cannot says so.

#include <memory>

#include "models/layers.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class ModelFormats : public ProgramTest {
 protected:
  static nlohmann::json Json(const ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }

  /// Three scores for each pixel out of its neighbours.
  static Model Small() {
    Graph graph;
    graph.AddOutput(AddConv(graph, "score", "score", AddImage(graph), 3, Square(3, 1, 1)).id);
    Model model;
    model.name = "small";
    model.graph = std::make_shared<const Graph>(std::move(graph));
    model.weights = RandomWeights(*model.graph, 1);
    model.head().classes = {"background", "cat", "dog"};
    model.input().preprocessing = PreprocessingFromText("tensorflow");
    return model;
  }

  /// Small with a name for everything, a weight of int8 with a scale for each output, and a precision.
  static Model Quantised() {
    Model model = Small();
    model.input().name = "photo", model.head().name = "animals";
    StoredTensor& weight = model.weights["score.weight"];
    const std::vector<float> floats = weight.ToFloats();
    auto bytes = std::make_shared<std::vector<uint8_t>>();
    const Quantisation by{.axis = 0, .scales = {0.01f, 0.005f, 0.02f}, .zero_points = {0, 0, 0}};
    for (size_t i = 0; i < floats.size(); i++)
      bytes->push_back(static_cast<uint8_t>(static_cast<int8_t>(std::lround(floats[i] / by.scales[i / 27]))));
    weight = {.dtype = DType::kInt8, .shape = weight.shape, .bytes = *bytes, .owner = bytes};
    weight.quantisation = std::make_shared<const Quantisation>(by);
    model.precisions = {{.precision = Precision::kBFloat16,
                         .passed = true,
                         .data = "the garden",
                         .pictures = 12,
                         .tolerance = 0.05,
                         .heads = {{.changed_labels = 0.0019}}}};
    model.golden.push_back(MakeGolden(model, Context(1)));
    return model;
  }

  /// A picture and its depth; animals, and what is near.
  static Model Several() {
    Graph graph;
    const Map image = AddImage(graph);
    const ValueId depth = graph.AddInput("depth", 1);
    graph.AddOutput(AddConv(graph, "score", "score", image, 3, Square(3, 1, 1)).id);
    graph.AddOutput(graph.AddNode("near", Scale{.factor = -2}, {depth}));
    Model model;
    model.name = "several";
    model.graph = std::make_shared<const Graph>(std::move(graph));
    model.weights = RandomWeights(*model.graph, 1);
    model.inputs = {
        {.name = "photo", .preprocessing = PreprocessingFromText("tensorflow")},
        {.name = "depth",
         .preprocessing = {.order = Preprocessing::Order::kBands, .mean = {2}, .deviation = {1}, .most = 65.535f}}};
    model.heads = {{.name = "animals", .classes = {"background", "cat", "dog"}},
                   {.name = "near", .classes = {"near"}, .loss_weight = 0.5}};
    Tensor seen({1, 4, 5, 1});
    RandomImage(8, 1, 4, 5, 1, seen.values());  // the second input's seed is one more
    model.golden = {
        {.seed = 7, .height = 4, .width = 5, .positions = {3, 19}, .scores = {}, .tolerance = 1e-3, .head = "near"}};
    for (const int64_t i : model.golden[0].positions)
      model.golden[0].scores.push_back(-2 * seen.values()[static_cast<size_t>(i)]);
    return model;
  }

  std::string Saved(const std::string& name, const Model& model) const {
    SaveModel(Path(name), model);
    return Path(name);
  }

  /// The labels of a picture.
  std::vector<uint8_t> LabelsOf(const std::string& model, const std::string& folder) {
    const ProgramResult result =
        Fcn({"segment", PictureFile("photo.png", 40, 30), "--model", model, "-o", Path(folder)});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ReadFile(Path(folder + "/photo.png"));
  }
};

TEST_F(ModelFormats, QuantisedWeightsRunAsTheFloatsThatTheyMean) {
  const Model quantised = Quantised();
  const std::string file = Saved("int8.safetensors", quantised);
  Model floats = quantised;
  floats.weights["score.weight"] = StoredTensor::FromFloats(quantised.weights.at("score.weight").shape,
                                                            quantised.weights.at("score.weight").ToFloats());
  EXPECT_EQ(LabelsOf(file, "a"), LabelsOf(Saved("floats.safetensors", floats), "b"));
  EXPECT_EQ(Fcn({"verify", file}).exit_code, 0);

  const auto json = Json(Fcn({"info", file, "--json"}));
  EXPECT_EQ(json["inputs"][0]["name"], "photo");
  EXPECT_EQ(json["inputs"][0]["channels"], 3);
  EXPECT_EQ(json["heads"][0]["name"], "animals");
  EXPECT_EQ(json["weight_types"]["int8 with scales"], 1);
  EXPECT_EQ(json["precisions"][0]["precision"], "bf16");
  EXPECT_EQ(json["precisions"][0]["heads"][0]["changed_labels"], 0.0019);
  EXPECT_THAT(Fcn({"info", file}).out,
              AllOf(HasSubstr("input photo: 3 channels of float32, order rgb"), HasSubstr("head animals: 3 classes"),
                    HasSubstr("weights: 1 of float32, 1 of int8 with scales"),
                    HasSubstr("bf16 verified, on the garden (12 pictures), tolerance 0.05\n"
                              "  animals: 0.19 % of labels change\n")));
}

TEST_F(ModelFormats, TypesInsideOfTheGraphRun) {
  Model model = Small();
  Graph graph = *model.graph;
  graph.ClearOutputs();
  const ValueId narrow = graph.AddNode("narrow", Cast{.type = ElementType::kBFloat16}, {graph.Find("score")});
  const ValueId wide = graph.AddNode("wide", Cast{.type = ElementType::kFloat32}, {narrow});
  const ValueId bytes = graph.AddNode("bytes", fcn::Quantise{ElementType::kInt8, 0.05f, 3}, {wide});
  graph.AddOutput(graph.AddNode("back", Dequantise{}, {bytes}));
  model.graph = std::make_shared<const Graph>(std::move(graph));
  model.golden.push_back(MakeGolden(model, Context(1)));
  const std::string file = Saved("types.safetensors", model);
  EXPECT_FALSE(LabelsOf(file, "out").empty());
  EXPECT_EQ(Fcn({"verify", file}).exit_code, 0);
  EXPECT_THAT(Fcn({"info", file}).out, HasSubstr("values: 1 of bfloat16, 4 of float32, 1 of int8"));
}

TEST_F(ModelFormats, PlainModelsAreDescribedAsEver) {
  const std::string out = Fcn({"info", Saved("plain.safetensors", Small())}).out;
  EXPECT_THAT(out, AllOf(HasSubstr("\n3 classes\n"), Not(HasSubstr("\ninput ")), Not(HasSubstr("weights: "))));
}

TEST_F(ModelFormats, SeveralInputsAndHeadsAreDescribedAndVerified) {
  const std::string file = Saved("several.safetensors", Several());
  EXPECT_THAT(
      Fcn({"info", file}).out,
      AllOf(HasSubstr("input depth: 1 channel of float32, order bands, samples from 0 to 65.535"),
            HasSubstr("head near: 2 classes, loss weight 0.5: a binary model"), HasSubstr("output near: stride 1")));
  EXPECT_EQ(Json(Fcn({"info", file, "--json"}))["heads"][1]["loss_weight"], 0.5);
  EXPECT_EQ(Fcn({"info", file, "--graph"}).exit_code, 0);
  const auto verified = Json(Fcn({"verify", file, "--json"}));
  EXPECT_EQ(verified["passed"], true);
  EXPECT_EQ(verified["vectors"][0]["head"], "near");
  Model wrong = Several();
  wrong.golden[0].head = "animals";
  EXPECT_EQ(Fcn({"verify", Saved("wrong.safetensors", wrong)}).exit_code, 1);
}

TEST_F(ModelFormats, SeveralInputsAndHeadsAreRunByNoVerb) {
  const std::string file = Saved("several.safetensors", Several()), picture = PictureFile("photo.png", 40, 30);
  std::filesystem::create_directories(Path("data/images"));
  std::filesystem::create_directories(Path("data/masks"));
  const std::vector<std::vector<std::string>> commands = {
      {"segment", picture, "--model", file, "-o", Path("out")},
      {"bench", "--model", file, "--size", "32x32", "--runs", "1"},
      {"bench", "--model", file, "--size", "32x32", "--runs", "1", "--train"},
      {"info", file, "--train"},
      {"eval", "--model", file, "--data", Path("data")},
      {"import", file, "--model", "fcn8s-efficientnet-lite0", "-o", Path("new.safetensors")}};
  for (const std::vector<std::string>& command : commands) {
    const ProgramResult result = Fcn(command);
    EXPECT_EQ(result.exit_code, 1) << command[0];
    EXPECT_THAT(result.err, AllOf(HasSubstr("its network takes 2 inputs, which this version of fcn cannot run yet"),
                                  HasSubstr("fcn info and fcn verify read it")))
        << command[0];
  }
  EXPECT_FALSE(std::filesystem::exists(Path("new.safetensors")));
}

}  // namespace
}  // namespace fcn::test
