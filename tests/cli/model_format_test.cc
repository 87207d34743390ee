// Model files of format 2 in every verb: what can be run is, and what cannot says so.

#include <memory>

#include "fcn/files.h"
#include "fcn/png.h"
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
  static ModelContents Small() {
    Graph graph;
    graph.AddOutput(AddConv(graph, "score", "score", AddImage(graph), 3, Square(3, 1, 1)).id);
    ModelContents model;
    model.name = "small";
    model.graph = std::make_shared<const Graph>(std::move(graph));
    model.weights = RandomWeights(*model.graph, 1);
    model.head().classes = {"background", "cat", "dog"};
    model.input().preprocessing = PreprocessingFromText("tensorflow");
    return model;
  }

  /// Small with a name for everything, a weight of int8 with a scale for each output, and a precision.
  static ModelContents Quantised() {
    ModelContents model = Small();
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
  static ModelContents Several() {
    Graph graph;
    const Map image = AddImage(graph);
    const ValueId depth = graph.AddInput("depth", 1);
    graph.AddOutput(AddConv(graph, "score", "score", image, 3, Square(3, 1, 1)).id);
    graph.AddOutput(graph.AddNode("near", Scale{.factor = -2}, {depth}));
    ModelContents model;
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

  std::string Saved(const std::string& name, const ModelContents& model) const {
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
  const ModelContents quantised = Quantised();
  const std::string file = Saved("int8.safetensors", quantised);
  ModelContents floats = quantised;
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
  ModelContents model = Small();
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
  ModelContents wrong = Several();
  wrong.golden[0].head = "animals";
  EXPECT_EQ(Fcn({"verify", Saved("wrong.safetensors", wrong)}).exit_code, 1);
}

TEST_F(ModelFormats, SeveralInputsAndHeadsAreRun) {
  const std::string file = Saved("several.safetensors", Several()), picture = PictureFile("photo.png", 40, 30);
  const std::vector<uint16_t> depths(40 * 30, 700);
  std::filesystem::create_directories(Path("depths"));
  WriteGrey16Png(Path("depths/photo.png"), depths.data(), 40, 30);
  WriteGrey16Png(Path("other.png"), depths.data(), 40, 30);
  const auto segment = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {"segment", picture, "--model", file, "-o", Path("out"), "--overwrite"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  };
  const ProgramResult missing = segment({});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("the model takes \"depth\" as well"));
  EXPECT_THAT(segment({"--input", "dept=x.png"}).err, HasSubstr("the model has no input \"dept\""));
  EXPECT_THAT(segment({"--input", "photo=x.png"}).err, HasSubstr("these are the pictures themselves"));

  const auto whole = Json(segment({"--input", "depth=" + Path("depths"), "--json"}))["pictures"][0];
  ASSERT_EQ(whole["heads"].size(), 2u);
  EXPECT_EQ(whole["heads"][0]["labels"], Path("out/photo.animals.png"));
  EXPECT_EQ(whole["heads"][1]["overlay"], Path("out/photo.near.overlay.png"));
  EXPECT_FALSE(std::filesystem::exists(Path("out/photo.png")));
  const std::vector<uint8_t> labels = ReadFile(Path("out/photo.near.png"));
  std::filesystem::remove(Path("out/photo.animals.png"));
  // A single file need not be called like the picture. One head alone has the same labels.
  EXPECT_EQ(segment({"--input", "depth=" + Path("other.png"), "--head", "near", "--heatmap", "near:1"}).exit_code, 0);
  EXPECT_EQ(ReadFile(Path("out/photo.near.png")), labels);
  EXPECT_TRUE(std::filesystem::exists(Path("out/photo.near.heat.png")));
  EXPECT_FALSE(std::filesystem::exists(Path("out/photo.animals.png")));
  EXPECT_THAT(segment({"--input", "depth=" + Path("depths"), "--head", "nears"}).err, HasSubstr("Did you mean near?"));
  EXPECT_THAT(segment({"--input", "depth=" + Path("depths"), "--heatmap", "0"}).err,
              HasSubstr("\"0\" may be of the heads animals, near"));
  EXPECT_EQ(segment({"--input", "depth=" + Path("depths"), "--threshold", "near=0.9"}).exit_code, 0);
  EXPECT_EQ(segment({"--input", "depth=" + Path("depths"), "--threshold", "animals=0.9"}).exit_code, 2);

  WriteGrey16Png(Path("depths/photo.png"), depths.data(), 30, 40);
  EXPECT_THAT(segment({"--input", "depth=" + Path("depths")}).err,
              HasSubstr("the picture for \"depth\" has 30x40 pixels, the first one 40x30"));
  EXPECT_EQ(Fcn({"bench", "--model", file, "--size", "32x32", "--runs", "1"}).exit_code, 0);
  EXPECT_EQ(Fcn({"bench", "--model", file, "--size", "32x32", "--runs", "1", "--train"}).exit_code, 0);
  EXPECT_EQ(Fcn({"info", file, "--train"}).exit_code, 0);
}

TEST_F(ModelFormats, EachHeadIsScored) {
  const std::string file = Saved("several.safetensors", Several());
  for (const char* folder : {"images", "images-depth", "masks", "masks-near"})
    std::filesystem::create_directories(Path("data/" + std::string(folder)));
  WriteFile(Path("data/classes.txt"), std::string("background\ncat\ndog\n"));
  WriteFile(Path("data/classes-near.txt"), std::string("background\nnear\n"));
  const std::vector<Colour> palette = {{0, 0, 0}, {200, 0, 0}, {0, 0, 200}};
  for (const std::string name : {"a.png", "b.png"}) {
    PictureFile("data/images/" + name, 40, 30);
    std::vector<uint16_t> depths;
    std::vector<uint8_t> animals, near;
    for (uint64_t i = 0; i < 40 * 30; i++) {
      depths.push_back(static_cast<uint16_t>(RandomBits(1, i / 5) % 400 * 10 + 5));
      animals.push_back(static_cast<uint8_t>(RandomBits(2, i / 5) % 3));
      near.push_back(depths.back() < 2000 ? 1 : 0);
    }
    WriteGrey16Png(Path("data/images-depth/" + name), depths.data(), 40, 30);
    WriteIndexedPng(Path("data/masks/" + name), animals.data(), 40, 30, palette);
    WriteIndexedPng(Path("data/masks-near/" + name), near.data(), 40, 30, palette);
  }
  const auto eval = [&](std::vector<std::string> more) {
    std::vector<std::string> command = {"eval", "--model", file, "--data", Path("data"), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return Json(Fcn(command));
  };
  const auto both = eval({});
  ASSERT_EQ(both["heads"].size(), 2u);
  EXPECT_EQ(both["heads"][0]["name"], "animals");
  EXPECT_EQ(both["heads"][1]["per_class"][1]["name"], "near");
  // 16-bit millimetres count as metres, and near is where −2 · (metres − 2) is above 0.
  EXPECT_EQ(both["heads"][1]["mean_iu"], 1);
  EXPECT_EQ(both["mean_iu"].get<double>(),
            (both["heads"][0]["mean_iu"].get<double>() + both["heads"][1]["mean_iu"].get<double>()) / 2);
  auto near = both["heads"][1];
  near.erase("name");
  EXPECT_EQ(eval({"--heads", "near"}), near);
  EXPECT_LT(eval({"--heads", "near", "--threshold", "near=0.9"})["mean_iu"].get<double>(), 1);
  EXPECT_EQ(Fcn({"eval", "--model", file, "--data", Path("data"), "--inputs", "photo"}).exit_code, 2);
}

}  // namespace
}  // namespace fcn::test
