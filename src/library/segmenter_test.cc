#include "fcn/segmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <thread>

#include "graph/shapes.h"
#include "graph/text.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"
#include "support/dashes.h"
#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

using test::Dashes;
using test::ExpectError;

class SegmenterTest : public test::FolderTest {
 protected:
  std::string Save(const std::string& network, std::vector<std::string> classes) const {
    const ZooEntry& entry = FindModel(network);
    const Graph graph = entry.build(static_cast<int>(classes.size()));
    SaveModel(path_, MakeModel(entry, RandomWeights(graph, 2), std::move(classes)));
    return path_.string();
  }

  const std::filesystem::path path_ = folder_ / "model.safetensors";
};

TEST_F(SegmenterTest, LabelsAreTheMostProbableClasses) {
  Segmenter segmenter(Save("fcn8s-efficientnet-lite0", {"a", "b", "c", "d"}));
  EXPECT_FALSE(segmenter.is_classifier());
  EXPECT_EQ(segmenter.palette().size(), 4u);
  const Segmentation result = segmenter.Segment(Dashes(70, 45), {true, {{1, 2}}});
  ASSERT_EQ(result.labels().size(), 70u * 45);
  ASSERT_EQ(result.probabilities().size(), 70u * 45 * 4);
  for (size_t i = 0; i < result.labels().size(); i++) {
    const float* p = &result.probabilities()[4 * i];
    EXPECT_NEAR(std::accumulate(p, p + 4, 0.0f), 1, 1e-5);
    EXPECT_EQ(p[result.labels()[i]], *std::max_element(p, p + 4));
  }
  for (float heat : result.heat()) EXPECT_TRUE(heat >= 0 && heat <= 1);
}

TEST_F(SegmenterTest, AClassifierIsMadeDense) {
  Segmenter segmenter(Save("efficientnet-lite0", {"a", "b", "c"}));
  EXPECT_TRUE(segmenter.is_classifier());
  const Image picture = Dashes(300, 260);
  EXPECT_EQ(segmenter.Segment(picture).labels().size(), 300u * 260);
  const std::vector<ClassProbability> ranking = segmenter.Classify(picture);
  ASSERT_EQ(ranking.size(), 3u);
  EXPECT_GE(ranking[0].probability, ranking[1].probability);
  EXPECT_NEAR(ranking[0].probability + ranking[1].probability + ranking[2].probability, 1, 1e-5);
}

TEST_F(SegmenterTest, SeveralThreadsGetTheAnswersOfOne) {
  Segmenter segmenter(Save("fcn32s-efficientnet-lite0", {"a", "b", "c"}), {2, "", true});
  const Image pictures[] = {Dashes(64, 64, 1), Dashes(80, 50, 2), Dashes(33, 97, 3)};
  std::vector<std::vector<uint16_t>> alone, together(9);
  for (const Image& picture : pictures) alone.push_back(segmenter.Segment(picture).labels());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < together.size(); i++)
    threads.emplace_back([&, i] {
      SegmentRequest request;
      request.on_this_thread = i % 2 == 1;
      request.one_of_many = i % 4 == 2;
      together[i] = segmenter.Segment(pictures[i % 3], request).labels();
    });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < together.size(); i++) EXPECT_EQ(together[i], alone[i % 3]) << i;
}

TEST_F(SegmenterTest, RefusesWhatCannotBe) {
  Segmenter segmenter(Save("fcn32s-efficientnet-lite0", {"a", "b"}));
  ExpectError(ErrorCode::kInput, "0x0", [&] { segmenter.Segment(Image{}); });
  ExpectError(ErrorCode::kInput, "bytes", [&] { segmenter.Segment(Image{4, 4, {1, 2, 3}}); });
  ExpectError(ErrorCode::kInput, "class 2", [&] { segmenter.Segment(Dashes(40, 40), {false, {{2}}}); });
  ExpectError(ErrorCode::kUnsupported, "whole picture", [&] { segmenter.Classify(Dashes(40, 40)); });
  ExpectError(ErrorCode::kUsage, "mmx", [&] { Segmenter(path_.string(), {1, "mmx", true}); });
  segmenter.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Segment(Dashes(40, 40)); });
}

TEST_F(SegmenterTest, ATokenEndsItsCallsAlone) {
  Segmenter segmenter(Save("efficientnet-lite0", {"a", "b"}));
  CancellationToken token;
  SegmentRequest request;
  request.cancellation = &token;
  EXPECT_EQ(segmenter.Segment(Dashes(64, 64), request).width, 64);
  token.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Segment(Dashes(64, 64), request); });
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { segmenter.Classify(Dashes(64, 64), &token); });
  EXPECT_EQ(segmenter.Segment(Dashes(64, 64)).width, 64);
  EXPECT_EQ(segmenter.Classify(Dashes(64, 64)).size(), 2u);
}

TEST_F(SegmenterTest, OneThatWasMovedFromSaysSo) {
  Save("fcn8s-efficientnet-lite0", {"a", "b"});
  Segmenter first(path_.string(), {1, {}, true});
  Segmenter second = std::move(first);
  EXPECT_EQ(second.classes().size(), 2u);
  const auto refused = [&](auto call) { ExpectError(ErrorCode::kUsage, "was moved from", call); };
  refused([&] { first.Segment(Dashes(40, 40)); });
  refused([&] { first.Classify(Dashes(40, 40)); });
  refused([&] { first.is_classifier(); });
  refused([&] { first.is_trained(); });
  refused([&] { first.name(); });
  refused([&] { first.classes(); });
  refused([&] { first.palette(); });
  first.Cancel();
  first = std::move(second);
  EXPECT_EQ(first.Segment(Dashes(40, 40)).width, 40);
}

TEST_F(SegmenterTest, GoldenVectorsHoldOnEveryInstructionSetAndNotForOtherWeights) {
  Save("fcn8s-efficientnet-lite0", {"a", "b", "c"});
  ModelContents model = LoadModel(path_);
  const GoldenVector golden = MakeGolden(model, Context(1));
  EXPECT_GT(golden.tolerance, 0);
  for (Isa isa : SupportedIsas()) EXPECT_TRUE(CheckGolden(model, golden, {}, Context(1, isa)).passed()) << IsaName(isa);
  model.weights = RandomWeights(*model.graph, 3);
  EXPECT_FALSE(CheckGolden(model, golden, {}, Context(1)).passed());
}

TEST(SmallestInputs, GrowsOnlyAsFarAsTheNetworkNeeds) {
  const Graph graph = FindModel("fcn8s-efficientnet-lite0").build(3);
  EXPECT_THAT(SmallestInputs(graph, 1, 70, 45), testing::ElementsAre(Nhwc{1, 70, 45, 3}));
  const Nhwc tiny = SmallestInputs(graph, 1, 1, 200).front();
  EXPECT_EQ(tiny.w, 200);
  EXPECT_GT(tiny.h, 1);
  EXPECT_NO_THROW(InferShapes(graph, std::span(&tiny, 1)));
}

TEST_F(SegmenterTest, ScoresOfAnotherSizeAreRefused) {
  // Found by an attack: labels were read behind the end of a map that was smaller than the picture.
  Save("fcn8s-efficientnet-lite0", {"a", "b"});
  ModelContents model = LoadModel(path_);
  model.graph = std::make_shared<const Graph>(
      ParseGraph("input image channels=3\nparameter f.weight 2x3x1x1\nf = Conv2d(image, f.weight)\n"
                 "p = MaxPool(f) kernel=2x2 stride=2x2\noutput p\n"));
  model.weights = RandomWeights(*model.graph, 2);
  model.golden.clear();
  SaveModel(path_, model);
  Segmenter segmenter(path_.string());
  ExpectError(ErrorCode::kInput, "answers a picture of 40x30 pixels with 20x15 scores",
              [&] { segmenter.Segment(Dashes(40, 30)); });
}

}  // namespace
}  // namespace fcn
