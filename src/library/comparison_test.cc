#include "fcn/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fcn/segmenter.h"
#include "library/model_access.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/model.h"
#include "report/paint.h"
#include "support/expect_error.h"
#include "tensor/random.h"

namespace fcn {
namespace {

using test::ExpectError;

const std::vector<std::string> kObjects = {"nothing", "cat", "dog"};

/// A picture's objects and edges.
NamedModel Small(const std::string& name, uint64_t seed, const std::vector<std::string>& objects = kObjects) {
  Graph graph;
  const Map layer = AddConv(graph, "conv", "conv", AddImage(graph), 4, Square(3, 1, 1));
  const auto scores = static_cast<int>(objects.size());
  graph.AddOutput(AddConv(graph, "objects", "objects", layer, scores, Square(1)).id);
  graph.AddOutput(AddConv(graph, "edges", "edges", layer, 2, Square(1)).id);
  ModelContents model;
  model.name = "small";
  model.graph = std::make_shared<const Graph>(graph);
  model.weights = RandomWeights(graph, seed);
  model.inputs = {{.name = "image", .preprocessing = kTorchvisionPreprocessing}};
  model.heads = {{.name = "objects", .classes = objects}, {.name = "edges", .classes = {"no", "edge"}}};
  return {name, ModelAccess::Make(std::move(model))};
}

/// Pictures of noise and labels of noise; the third's do not count.
class Noise : public Dataset {
 public:
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 5; }
  std::string name(size_t i) const override { return "picture " + std::to_string(i); }
  Sample Get(size_t i) const override {
    const int width = 20 + static_cast<int>(i), height = 30;
    const auto random = [&](uint64_t stream, int p, uint64_t below) {
      return RandomBits(stream + i, static_cast<uint64_t>(p)) % below;
    };
    Image image{width, height, {}};
    for (int p = 0; p < 3 * width * height; p++) image.rgb.push_back(static_cast<uint8_t>(random(1, p / 30, 256)));
    Sample sample{.name = name(i)};
    sample.inputs.emplace_back(std::move(image));
    for (const HeadInfo& head : heads_) {
      LabelMap& map = sample.labels.emplace_back(LabelMap{width, height, {}});
      for (int p = 0; p < width * height; p++)
        map.labels.push_back(i == 2 ? kIgnoredLabel : static_cast<uint16_t>(random(50, p, head.classes.size())));
    }
    return sample;
  }

 private:
  std::vector<HeadInfo> heads_ = {{"objects", kObjects, {{1, 1, 1}, {2, 2, 2}, {3, 3, 3}}},
                                  {"edges", {"no", "edge"}, {{4, 4, 4}, {5, 5, 5}}}};
};

class CompareModelsTest : public testing::Test {
 protected:
  Comparison Compare(std::span<const NamedModel> models, int pictures, const EvaluateOptions& options = {}) {
    return CompareModels(models, noise_, options, pictures, runtime_,
                         [&](size_t done, size_t total) { progress_.emplace_back(done, total); });
  }

  Noise noise_;
  Runtime runtime_{{.threads = 2, .isa = {}}};
  std::vector<std::pair<size_t, size_t>> progress_;
};

TEST_F(CompareModelsTest, EachModelSeesEachPictureOnceAndThatIsShown) {
  const std::vector<NamedModel> models = {Small("one", 1), Small("two", 2)};
  std::map<size_t, int> seen;
  EvaluateOptions options;
  options.on_picture = [&](const EvaluatedPicture& picture) { seen[picture.place]++; };
  const Comparison comparison = Compare(models, 3, options);
  EXPECT_THAT(seen, testing::Each(testing::Field(&std::pair<const size_t, int>::second, 2)));
  ASSERT_EQ(progress_.size(), 10u);
  EXPECT_EQ(progress_.back(), (std::pair<size_t, size_t>{10, 10}));

  ASSERT_EQ(comparison.models.size(), 2u);
  for (size_t m = 0; m < 2; m++) {
    const Evaluation alone = Evaluate(models[m].model, noise_, {}, runtime_);
    for (size_t head = 0; head < 2; head++)
      EXPECT_EQ(comparison.models[m].evaluation.heads[head].matrix, alone.heads[head].matrix);
  }
  EXPECT_NE(comparison.models[0].evaluation.heads[0].matrix, comparison.models[1].evaluation.heads[0].matrix);

  ASSERT_EQ(comparison.pictures.size(), 3u);
  for (const ComparedPicture& picture : comparison.pictures) {
    const auto place = static_cast<size_t>(picture.name.back() - '0');
    EXPECT_NE(place, 2u);  // nothing of it counts
    const Sample sample = noise_.Get(place);
    for (size_t m = 0; m < 2; m++) {
      Segmenter segmenter(models[m].model, runtime_);
      const Segmentation labels = segmenter.Segment(sample.inputs);
      double sum = 0;
      for (size_t head = 0; head < 2; head++) {
        EXPECT_EQ(
            picture.heads[head].predictions[m].rgb,
            PaintLabels(sample.width(), sample.height(), labels.heads[head].labels, noise_.heads()[head].palette).rgb);
        sum += picture.heads[head].mean_ius[m];
      }
      EXPECT_DOUBLE_EQ(sum / 2, comparison.models[m].evaluation.mean_ius[place]);
    }
  }
  EXPECT_EQ(comparison.pictures[1].rank, PictureRank::kBest);
  EXPECT_EQ(comparison.pictures[2].rank, PictureRank::kWorst);
  EXPECT_TRUE(Compare(models, 0).pictures.empty());
}

TEST_F(CompareModelsTest, RefusesBeforeAnythingIsRead) {
  const NamedModel one = Small("one", 1), swapped = Small("swapped", 1, {"nothing", "dog", "cat"}),
                   more = Small("more", 1, {"nothing", "cat", "dog", "cow"});
  const auto refused = [&](ErrorCode code, const char* message, const std::vector<NamedModel>& models,
                           const EvaluateOptions& options = {}) {
    ExpectError(code, message, [&] { Compare(models, 3, options); });
  };
  refused(ErrorCode::kUsage, "no model", {});
  refused(ErrorCode::kUsage,
          "one and swapped tell different classes apart in the head \"objects\": the class 1 is \"cat\" and \"dog\"",
          {one, swapped});
  refused(ErrorCode::kUsage, "one and more tell different classes apart in the head \"objects\": 3 and 4 of them",
          {one, one, more});
  refused(ErrorCode::kUsage, "more: the network tells 4 classes apart", {more});
  EvaluateOptions options;
  options.max_pixels = 7;
  refused(ErrorCode::kUsage, "one: pieces of 7 pixels", {one}, options);
  EXPECT_TRUE(progress_.empty());
}

}  // namespace
}  // namespace fcn
