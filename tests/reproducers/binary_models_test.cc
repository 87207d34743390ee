// A model whose network gives one score to a pixel is a binary one, trained with binary cross-entropy: its class is
// where sigmoid(score) is above a threshold. Taking the best of one channel instead says class 0 everywhere, with
// probability 1, exit 0. Reported in public by users of Pytorch-UNet (200) and piwise (9).
//
// What else of this kind was looked at: every place that takes the largest channel or a softmax. Labels, probabilities,
// heat maps, shares and reports come out of DenseGraph; a classifier's ranking (--top) out of ClassifierGraph; eval and
// bench --labels out of the network itself: all of them now see two channels (graph/two_classes.h), and a class list
// of two names. Networks that end in a resizing, in a transposed convolution, as they are, and classifiers are tried
// here. verify and the golden vectors of import compare the network's own scores, one for each pixel, and stay as they
// were. A network of one score evaluated on data of two classes by somebody who forgot this is refused by the number of
// classes.
#include <cmath>
#include <cstring>
#include <limits>

#include "fcn/drawing.h"
#include "fcn/segmenter.h"
#include "formats/safetensors.h"
#include "graph/ops.h"
#include "support/expect_error.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

class BinaryModels : public test::ProgramTest {
 protected:
  /// score = (red − 100) / 50 at every pixel.
  static double ScoreOf(int red) { return (red - 100) / 50.0; }

  /// How the network goes on after these scores.
  enum class End { kScores, kResize, kTransposed, kClassifier };

  std::string BinaryModel(std::vector<std::string> classes = {"crack"}, End end = End::kScores) const {
    Graph graph;
    const ValueId image = graph.AddInput("image", 3);
    const Shape weight = end == End::kClassifier ? Shape{1, 3} : Shape{1, 3, 1, 1};
    NamedTensors weights = {{"w", StoredTensor::FromFloats(weight, std::vector<float>{0.02f, 0, 0})},
                            {"b", StoredTensor::FromFloats({1}, std::vector<float>{-2})}};
    const ValueId w = graph.AddParameter("w", weight), b = graph.AddParameter("b", {1});
    ValueId scores;
    ModelContents model;
    if (end == End::kClassifier) {
      scores = graph.AddNode("fc", Linear{}, {graph.AddNode("mean", GlobalAveragePool{}, {image}), w, b});
      model.input().preprocessing.shorter_side = model.input().preprocessing.crop = 8;
    } else {
      scores = graph.AddNode("fine", Conv2d{}, {image, w, b});
    }
    if (end == End::kResize) scores = graph.AddNode("score", Resize{}, {scores, image});
    if (end == End::kTransposed) {
      const ValueId one = graph.AddParameter("one", {1, 1, 1, 1});
      weights.emplace("one", StoredTensor::FromFloats({1, 1, 1, 1}, std::vector<float>{1}));
      const ValueId up = graph.AddNode("up", Deconv2d{}, {scores, one});
      scores = graph.AddNode("score", Crop{}, {up, image});
    }
    graph.AddOutput(scores);
    model.name = "made-up";
    model.graph = std::make_shared<const Graph>(std::move(graph));
    model.weights = std::move(weights);
    model.head().classes = std::move(classes);
    SaveModel(Path("binary.safetensors"), model);
    return Path("binary.safetensors");
  }

  /// Red grows from left to right by one a pixel.
  static Image Ramp(int width = 200, int height = 4) {
    Image image{width, height, {}};
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (const int sample : {x, 7, 200}) image.rgb.push_back(static_cast<uint8_t>(sample));
    return image;
  }

  std::string RampFile() const {
    WriteRgbPng(Path("ramp.png"), Ramp());
    return Path("ramp.png");
  }

  static nlohmann::json Json(const test::ProgramResult& result) {
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
};

TEST_F(BinaryModels, TheLibraryAnswersWithTheSigmoidAndItsThreshold) {
  for (const End end : {End::kScores, End::kResize, End::kTransposed}) {
    Segmenter segmenter(BinaryModel({"crack"}, end));
    EXPECT_THAT(segmenter.classes(), ElementsAre("background", "crack"));
    EXPECT_EQ(segmenter.palette().size(), 2u);
    const Segmentation result = segmenter.Segment(Ramp(), {true, {{1}}});
    ASSERT_EQ(result.probabilities().size(), 200u * 4 * 2);
    for (size_t i = 0; i < result.labels().size(); i++) {
      const int red = static_cast<int>(i % 200);
      const double p = Sigmoid(ScoreOf(red));
      EXPECT_TRUE(red == 100 || result.labels()[i] == (red > 100)) << red;
      EXPECT_NEAR(result.probabilities()[2 * i + 1], p, 1e-6) << red;
      EXPECT_NEAR(result.probabilities()[2 * i], 1 - p, 1e-6) << red;
      EXPECT_NEAR(result.heat()[i], p, 1e-6) << red;
    }
  }
}

TEST_F(BinaryModels, AThresholdMovesTheLabelsAndNothingElse) {
  const std::string model = BinaryModel({"crack"}, End::kResize);
  const Segmentation plain = Segmenter(model).Segment(Ramp(), {true, {{1}}});
  for (const double threshold : {0.2, 0.9}) {
    SegmenterOptions options;
    options.threshold = threshold;
    const Segmentation result = Segmenter(model, options).Segment(Ramp(), {true, {{1}}});
    EXPECT_EQ(result.probabilities(), plain.probabilities());
    EXPECT_EQ(result.heat(), plain.heat());
    for (int red = 0; red < 200; red++)
      EXPECT_EQ(result.labels()[static_cast<size_t>(red)], Sigmoid(ScoreOf(red)) > threshold)
          << red << " " << threshold;
  }
}

TEST_F(BinaryModels, ThresholdsThatCannotBeAreRefused) {
  const std::string binary = BinaryModel(), other = ModelFile();
  SegmenterOptions options;
  for (const double threshold : {0.0, 1.0, -0.5, std::numeric_limits<double>::quiet_NaN()}) {
    options.threshold = threshold;
    test::ExpectError(ErrorCode::kUsage, "between 0 and 1", [&] { Segmenter(binary, options); });
  }
  options.threshold = 0.3;
  test::ExpectError(ErrorCode::kUsage, "no threshold", [&] { Segmenter(other, options); });
  const std::string picture = RampFile();
  EXPECT_EQ(Fcn({"segment", picture, "--model", other, "-o", Path("out"), "--threshold", "0.3"}).exit_code, 2);
  EXPECT_EQ(Fcn({"eval", "--model", other, "--data", Path("."), "--threshold", "0.3"}).exit_code, 2);
  EXPECT_EQ(Fcn({"segment", picture, "--model", binary, "-o", Path("out"), "--threshold", "1"}).exit_code, 2);
  EXPECT_EQ(Fcn({"eval", "--predictions", Path("a"), "--truth", Path("b"), "--threshold", "0.3"}).exit_code, 2);
}

TEST_F(BinaryModels, ABinaryClassifierRanksBothClasses) {
  Segmenter segmenter(BinaryModel({"crack"}, End::kClassifier));
  ASSERT_TRUE(segmenter.is_classifier());
  Image picture{8, 8, {}};
  for (int i = 0; i < 64; i++) picture.rgb.insert(picture.rgb.end(), {180, 0, 0});
  const std::vector<ClassProbability> ranking = segmenter.Classify(picture);
  ASSERT_EQ(ranking.size(), 2u);
  EXPECT_EQ(ranking[0].index, 1);
  EXPECT_NEAR(ranking[0].probability, Sigmoid(ScoreOf(180)), 1e-6);
  for (const uint16_t label : segmenter.Segment(picture).labels()) EXPECT_EQ(label, 1);
}

TEST_F(BinaryModels, AFileMayNameBothClasses) {
  EXPECT_THAT(Segmenter(BinaryModel({"intact", "crack"})).classes(), ElementsAre("intact", "crack"));
  EXPECT_THAT(Segmenter(BinaryModel({"background"})).classes(), ElementsAre("other", "background"));
  test::ExpectError(ErrorCode::kInput, "1 scores for 3 classes", [&] { BinaryModel({"a", "b", "c"}); });
}

TEST_F(BinaryModels, TheProgramWritesLabelsSharesHeatMapAndProbabilities) {
  const std::string model = BinaryModel(), picture = RampFile();
  const auto json = Json(Fcn({"segment", picture, "--model", model, "-o", Path("out"), "--heatmap", "crack",
                              "--save-probs", "--json", "--threshold", "0.8"}));
  const IndexedImage labels = ReadIndexedPng(Path("out/ramp.png"));
  EXPECT_EQ(labels.palette.size(), 2u);
  int above = 0;
  for (int red = 0; red < 200; red++) {
    const bool is_class = Sigmoid(ScoreOf(red)) > 0.8;
    EXPECT_EQ(labels.indices[static_cast<size_t>(red)], is_class);
    above += is_class;
  }
  const auto& classes = json["pictures"][0]["classes"];
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[1]["name"], "crack");
  EXPECT_NEAR(classes[1]["share"].get<double>(), above / 200.0, 1e-9);
  EXPECT_NEAR(json["pictures"][0]["heatmap_maximum"].get<double>(), Sigmoid(ScoreOf(199)), 1e-6);
  const std::vector<uint8_t> npy = ReadFile(Path("out/ramp.probs.npy"));
  float last = 0;
  std::memcpy(&last, npy.data() + npy.size() - sizeof last, sizeof last);
  EXPECT_NEAR(last, Sigmoid(ScoreOf(199)), 1e-6);
}

TEST_F(BinaryModels, EvalCountsBothClasses) {
  const std::string model = BinaryModel();
  for (const char* folder : {"data/images", "data/masks"}) std::filesystem::create_directories(Path(folder));
  WriteRgbPng(Path("data/images/a.png"), Ramp());
  std::vector<uint8_t> truth;
  truth.reserve(200 * 4);
  for (int i = 0; i < 200 * 4; i++) truth.push_back(Sigmoid(ScoreOf(i % 200)) > 0.8);
  WriteIndexedPng(Path("data/masks/a.png"), truth.data(), 200, 4, VocPalette());
  const auto right = Json(Fcn({"eval", "--model", model, "--data", Path("data"), "--threshold", "0.8", "--json"}));
  EXPECT_EQ(right["mean_iu"], 1.0);
  const auto off = Json(Fcn({"eval", "--model", model, "--data", Path("data"), "--json"}));
  EXPECT_LT(off["mean_iu"].get<double>(), 0.9);
  EXPECT_GT(off["mean_iu"].get<double>(), 0.3);
}

TEST_F(BinaryModels, ImportSaysThatAModelIsBinaryAndReportShowsIt) {
  const Graph graph = FindModel("fcn32s-efficientnet-lite0").build(1);
  WriteSafetensors(Path("weights.safetensors"), RandomWeights(graph, 3), {});
  const std::string model = Path("imported.safetensors");
  const std::vector<std::string> import = {
      "import", Path("weights.safetensors"), "--model", "fcn32s-efficientnet-lite0", "-o", model, "--classes", "crack"};
  const test::ProgramResult imported = Fcn(import);
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_THAT(imported.out, HasSubstr("binary model"));
  EXPECT_THAT(imported.out, HasSubstr("0 initialised"));
  EXPECT_THAT(LoadModel(model).head().classes, ElementsAre("background", "crack"));
  EXPECT_EQ(Fcn({"verify", model}).exit_code, 0);
  EXPECT_THAT(Fcn({"info", model}).out, HasSubstr("binary"));
  EXPECT_EQ(Fcn({"bench", "--model", model, "--size", "64x64", "--labels", "--runs", "1"}).exit_code, 0);

  const std::string photo = PictureFile("photo.png", 64, 48);
  for (const bool is_found : {true, false}) {
    ASSERT_EQ(Fcn({"report", "--photo", photo, "--model", model, "-o", Path("page.html"), "--threshold",
                   is_found ? "1e-30" : "0.9999999999999"})
                  .exit_code,
              0);
    const std::vector<uint8_t> page = ReadFile(Path("page.html"));
    EXPECT_EQ(std::string(page.begin(), page.end()).find("crack") != std::string::npos, is_found);
    std::filesystem::remove(Path("page.html"));
  }
}

}  // namespace
}  // namespace fcn
