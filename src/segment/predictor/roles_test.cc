// Pictures of several inputs and bands, and answers of several heads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "graph/text.h"
#include "models/import.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "segment/golden.h"
#include "segment/predictor/predictor.h"
#include "segment/threshold.h"
#include "support/dashes.h"
#include "support/expect_error.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::Dashes;
using test::ExpectError;
using testing::ElementsAre;
using testing::IsEmpty;

Raster Depth(int width, int height) {
  std::vector<uint16_t> samples;
  samples.reserve(static_cast<size_t>(width * height));
  for (int i = 0; i < width * height; i++)
    samples.push_back(static_cast<uint16_t>(RandomBits(5, static_cast<uint64_t>(i / 7)) % 65536));
  return {width, height, 1, std::move(samples)};
}

/// A colour picture and a depth map; three classes, and a binary head.
class Roles : public testing::Test {
 protected:
  Roles() {
    model_.name = "roles";
    model_.graph = std::make_shared<const Graph>(
        ParseGraph("input image channels=3\ninput depth channels=1\n"
                   "parameter conv.weight 8x4x3x3\nparameter a.weight 3x8x1x1\nparameter b.weight 1x8x1x1\n"
                   "both = Concat(image, depth)\n"
                   "conv = Conv2d(both, conv.weight) kernel=3x3 stride=2x2 padding=1,1,1,1\nrelu = Relu(conv)\n"
                   "pool = MaxPool(relu) kernel=2x2 stride=2x2\n"
                   "a = Conv2d(pool, a.weight)\nb = Conv2d(pool, b.weight)\n"
                   "score = Resize(a, image)\nother = Resize(b, image)\noutput score\noutput other\n"));
    model_.weights = RandomWeights(*model_.graph, 4);
    const std::vector<float> both_signs = {1, -1, 1, -1, 1, -1, 1, -1};
    model_.weights["b.weight"] = StoredTensor::FromFloats({1, 8, 1, 1}, both_signs);
    Preprocessing of_depth = PlainBands(1);
    of_depth.mean = {0.5f}, of_depth.deviation = {0.25f};
    model_.inputs = {{.name = "image", .preprocessing = kTorchvisionPreprocessing},
                     {.name = "depth", .preprocessing = of_depth}};
    model_.heads = {{.name = "class", .classes = {"a", "b", "c"}}, {.name = "crack", .classes = {"none", "crack"}}};
  }

  Predictor Make(std::span<const double> thresholds = {}) { return {NetworkOf(model_, thresholds), {}, context_}; }

  /// What the network gives to inputs that are made by the definition.
  std::vector<float> Scores(const std::vector<Raster>& pictures, size_t output) {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < pictures.size(); i++) {
      const Raster& picture = pictures[i];
      Tensor& input = inputs.emplace_back(Nhwc{1, picture.height, picture.width, picture.bands});
      const Preprocessing& p = model_.inputs[i].preprocessing;
      for (size_t k = 0; k < input.values().size(); k++) {
        const size_t band = k % static_cast<size_t>(picture.bands);
        const float value = i == 0 ? static_cast<float>(picture.Of<uint8_t>()[k])
                                   : static_cast<float>(picture.Of<uint16_t>()[k]) / 65535.0f;
        input.values()[k] = (value - p.mean[band]) / p.deviation[band];
      }
    }
    Predictor predictor = Make();
    const AnyTensor scores = predictor.Scores(inputs, output);
    return {scores.values<float>().begin(), scores.values<float>().end()};
  }

  Context context_{2};
  ModelContents model_;
};

TEST_F(Roles, EachHeadHasLabelsOfItsScores) {
  const std::vector<Raster> pictures = {Raster(Dashes(40, 28)), Depth(40, 28)};
  Predictor predictor = Make();
  EXPECT_EQ(predictor.classes(0), 3);
  EXPECT_EQ(predictor.classes(1), 2);
  SegmentRequest request;
  request.probabilities = true;
  request.heat_classes = {{}, {1}};
  const Segmentation result = predictor.Segment(pictures, request);
  ASSERT_EQ(result.heads.size(), 2u);
  const std::vector<float> scores = Scores(pictures, 0), binary = Scores(pictures, 1);
  size_t wrong = 0;
  for (size_t i = 0; i < 40u * 28; i++) {
    const float* row = &scores[3 * i];
    wrong += result.heads[0].labels[i] == std::max_element(row, row + 3) - row ? 0 : 1;
    wrong += result.heads[1].labels[i] == (binary[i] > 0 ? 1 : 0) ? 0 : 1;
    EXPECT_NEAR(result.heads[1].probabilities[2 * i + 1], 1 / (1 + std::exp(-binary[i])), 1e-4);
  }
  EXPECT_LE(wrong, 2u);  // where scores are equal but for rounding
  EXPECT_THAT(result.heads[0].heat, IsEmpty());
  EXPECT_EQ(result.heads[1].heat.size(), 40u * 28);
  EXPECT_GT(std::accumulate(result.heads[1].labels.begin(), result.heads[1].labels.end(), 0), 0);

  request = {};
  request.heads = {1};
  const Segmentation one = predictor.Segment(pictures, request);
  EXPECT_THAT(one.heads[0].labels, IsEmpty());
  EXPECT_EQ(one.heads[1].labels, result.heads[1].labels);
}

TEST_F(Roles, AThresholdIsOfItsHead) {
  const std::vector<Raster> pictures = {Raster(Dashes(40, 28)), Depth(40, 28)};
  const std::vector<double> thresholds = ThresholdsOf(model_, 0.7, {}, "m");
  EXPECT_THAT(thresholds, ElementsAre(0.5, 0.7));
  EXPECT_THAT(ThresholdsOf(model_, 0.5, {{"crack", 0.2}}, "m"), ElementsAre(0.5, 0.2));
  Predictor usual = Make(), wary = Make(thresholds);
  const Segmentation a = usual.Segment(pictures), b = wary.Segment(pictures);
  EXPECT_EQ(a.heads[0].labels, b.heads[0].labels);
  EXPECT_NE(a.heads[1].labels, b.heads[1].labels);
  ExpectError(ErrorCode::kUsage, "m has no head \"depth\"", [&] { ThresholdsOf(model_, 0.5, {{"depth", 0.2}}, "m"); });
  ExpectError(ErrorCode::kUsage, "m: \"class\" has a score for each class", [&] {
    ThresholdsOf(model_, 0.5, {{"class", 0.2}}, "m");
  });
  ExpectError(ErrorCode::kUsage, "a threshold of 1 is not", [&] { ThresholdsOf(model_, 0.5, {{"crack", 1}}, "m"); });
}

TEST_F(Roles, SmallPicturesAreEnlarged) {
  Predictor predictor = Make();
  for (const auto& [width, height] : {std::pair(1, 1), {2, 3}, {33, 1}}) {
    const std::vector<Raster> pictures = {Raster(Dashes(width, height)), Depth(width, height)};
    const Segmentation result = predictor.Segment(pictures);
    for (const HeadSegmentation& head : result.heads)
      EXPECT_EQ(head.labels.size(), static_cast<size_t>(width * height));
  }
}

TEST_F(Roles, RefusesOtherPictures) {
  Predictor predictor = Make();
  const Raster colour(Dashes(20, 10)), depth = Depth(20, 10);
  const auto refused = [&](ErrorCode code, const char* part, const std::vector<Raster>& pictures,
                           const SegmentRequest& request = {}) {
    ExpectError(code, part, [&] { predictor.Segment(pictures, request); });
  };
  refused(ErrorCode::kInput, "roles takes 2 pictures for an answer, not 1", {colour});
  ExpectError(ErrorCode::kInput, "roles takes 2 pictures", [&] { predictor.Segment(Dashes(20, 10)); });
  refused(ErrorCode::kInput, "the picture for \"image\" has 1 bands, roles takes 3", {depth, colour});
  refused(ErrorCode::kInput, "the picture for \"depth\" has 19x10 pixels, the first one 20x10",
          {colour, Depth(19, 10)});
  refused(ErrorCode::kInput, "cannot have 0 samples", {colour, Raster(20, 10, 1, std::vector<uint16_t>())});
  SegmentRequest request;
  request.heads = {2};
  refused(ErrorCode::kInput, "head 2 does not exist: roles has 2", {colour, depth}, request);
  request.heads = {}, request.heat_classes = {{0}, {2}};
  refused(ErrorCode::kInput, "class 2 does not exist: roles has 2", {colour, depth}, request);
  request.heat_classes = {{0}, {1}, {0}};
  refused(ErrorCode::kInput, "heat maps of 3 heads are asked for", {colour, depth}, request);
}

TEST_F(Roles, ScoresThatAreNoNumbersAreNoLabels) {
  const Raster colour(Dashes(40, 28));
  std::vector<float> samples(40 * 28, 0.5f);
  Predictor predictor = Make();
  const auto refused = [&](const char* message, const SegmentRequest& request = {}) {
    const std::vector<Raster> pictures = {colour, Raster(40, 28, 1, samples)};
    ExpectError(ErrorCode::kInput, message, [&] { predictor.Segment(pictures, request); });
  };
  for (const float bad : {std::nanf(""), -std::numeric_limits<float>::max()}) {
    samples[20 * 40 + 30] = bad;
    refused("roles gives scores that are no numbers in its head \"class\" at pixel (");
    SegmentRequest request;
    request.heads = {1};
    refused("in its head \"crack\" at pixel (", request);
    request.heat_classes = {{0}};
    refused("in its head \"class\"", request);
  }
  samples[20 * 40 + 30] = 3;
  EXPECT_EQ(predictor.Segment(std::vector{colour, Raster(40, 28, 1, samples)}).labels().size(), 40u * 28);
}

TEST_F(Roles, GoldenVectorsAreOfEachHead) {
  const std::vector<GoldenVector> goldens = MakeGoldens(model_, context_);
  ASSERT_EQ(goldens.size(), 2u);
  EXPECT_EQ(goldens[0].head, "");
  EXPECT_EQ(goldens[1].head, "crack");
  EXPECT_NE(goldens[0].scores, goldens[1].scores);
  for (const GoldenVector& golden : goldens) EXPECT_TRUE(CheckGolden(model_, golden, {}, context_).passed());
  model_.weights["b.weight"] = RandomWeights(*model_.graph, 5).at("b.weight");
  EXPECT_TRUE(CheckGolden(model_, goldens[0], {}, context_).passed());
  EXPECT_FALSE(CheckGolden(model_, goldens[1], {}, context_).passed());
}

// New bands that begin as zeros change nothing.
TEST_F(Roles, ANetworkBeginsWithTheAnswersOfItsWeights) {
  const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
  ImportSource source{.file = "w", .tensors = RandomWeights(entry.build(4), 1), .architecture = {}, .notes = {}};
  ImportOptions options;
  const Imported colour = ImportWeights(entry, source, options);
  options.inputs = {{"image", 3}, {"depth", 1}};
  options.new_bands = NewBands::kZeros;
  const Imported both = ImportWeights(entry, source, options);
  std::vector<Tensor> inputs;
  for (const int64_t channels : {3, 1}) {
    Tensor& input = inputs.emplace_back(Nhwc{1, 40, 52, channels});
    RandomImage(static_cast<uint64_t>(channels), 1, 40, 52, channels, input.values());
  }
  Predictor one(NetworkOf(colour.model), {}, context_), two(NetworkOf(both.model), {}, context_);
  const AnyTensor expected = one.Scores(std::span(inputs).first(1)), scores = two.Scores(inputs);
  ASSERT_EQ(scores.shape(), expected.shape());
  double largest = 0, difference = 0;
  for (size_t i = 0; i < scores.values<float>().size(); i++) {
    largest = std::max(largest, std::abs(double{expected.values<float>()[i]}));
    difference = std::max(difference, std::abs(double{scores.values<float>()[i]} - expected.values<float>()[i]));
  }
  EXPECT_LE(difference, 1e-4 * largest);
}

}  // namespace
}  // namespace fcn
