#include "segment/predictor/predictor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "graph/text.h"
#include "models/initialise.h"
#include "segment/predictor/test_gate.h"
#include "support/dashes.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Dashes;
using test::ExpectError;

class PredictorTest : public testing::Test {
 protected:
  /// Four classes; the layer fc has one form for few pixels and another for many.
  PictureNetwork Network() const {
    return {"small",
            graph,
            weights.Source(),
            {.order = Preprocessing::Order::kRgb, .mean = {127, 128, 129}, .deviation = {50, 60, 70}}};
  }

  const std::shared_ptr<const Graph> graph = std::make_shared<const Graph>(
      ParseGraph("input image channels=3\n"
                 "parameter stem.weight 64x3x1x1\nparameter fc.weight 64x64x7x7\nparameter score.weight 4x64x1x1\n"
                 "stem = Conv2d(image, stem.weight)\n"
                 "fc = Conv2d(stem, fc.weight) kernel=7x7 padding=3,3,3,3\n"
                 "score = Conv2d(fc, score.weight)\noutput score\n"));
  test::GatedWeights weights{SourceOf(RandomWeights(*graph, 3)), "fc.weight"};
  Context context{2};
};

TEST_F(PredictorTest, ClassifiesNothingWithoutACrop) {
  weights.gate().Open();
  Predictor predictor(Network(), {}, context);
  ExpectError(ErrorCode::kUnsupported, "what part of a picture", [&] { predictor.Classify(Dashes(33, 21)); });
}

TEST_F(PredictorTest, GivesTheBestOfTheScoresWhateverTheCores) {
  weights.gate().Open();
  Predictor predictor(Network(), {}, context);
  EXPECT_EQ(predictor.classes(), 4);
  const Image image = Dashes(33, 21);
  SegmentRequest request;
  request.probabilities = true;
  const Segmentation all = predictor.Segment(image, request);
  ASSERT_EQ(all.labels().size(), 33u * 21);
  for (size_t i = 0; i < all.labels().size(); i++) {
    const auto row = all.probabilities().begin() + static_cast<std::ptrdiff_t>(4 * i);
    EXPECT_EQ(all.labels()[i], std::max_element(row, row + 4) - row);
  }
  for (const bool one_of_many : {false, true}) {
    request.on_this_thread = !one_of_many, request.one_of_many = one_of_many;
    const Segmentation other = predictor.Segment(image, request);
    EXPECT_EQ(other.labels(), all.labels());
    EXPECT_EQ(other.probabilities(), all.probabilities());
  }
}

TEST_F(PredictorTest, ManyCallersGetTheAnswersOfOne) {
  weights.gate().Open();
  const Image pictures[] = {Dashes(9, 4, 1), Dashes(40, 31, 2), Dashes(70, 60, 3)};
  std::vector<std::vector<uint16_t>> alone, together(9);
  for (const Image& picture : pictures) {
    Predictor predictor(Network(), {}, context);
    alone.push_back(predictor.Segment(picture).labels());
  }
  Predictor predictor(Network(), {}, context);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < together.size(); i++)
    threads.emplace_back([&, i] {
      SegmentRequest request;
      request.one_of_many = i % 3 != 0;
      request.on_this_thread = i % 2 == 1;
      together[i] = predictor.Segment(pictures[i % 3], request).labels();
    });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < together.size(); i++) EXPECT_EQ(together[i], alone[i % 3]) << i;
}

TEST_F(PredictorTest, ASizeIsAnsweredWhileAnotherIsCompiled) {
  Predictor predictor(Network(), {}, context);
  std::atomic<bool> is_done = false;
  std::thread first([&] {
    predictor.Segment(Dashes(64, 64));
    is_done = true;
  });
  weights.gate().WaitForSomebody();
  EXPECT_EQ(predictor.Segment(Dashes(4, 4)).labels().size(), 16u);
  EXPECT_FALSE(is_done);
  weights.gate().Open();
  first.join();
}

TEST_F(PredictorTest, ATokenEndsItsRequestsAlone) {
  Predictor predictor(Network(), {}, context);
  CancellationToken token;
  SegmentRequest request;
  request.cancellation = &token;
  std::thread first(
      [&] { ExpectError(ErrorCode::kCancelled, "cancelled", [&] { predictor.Segment(Dashes(64, 64), request); }); });
  weights.gate().WaitForSomebody();
  token.Cancel();
  weights.gate().Open();
  first.join();
  EXPECT_EQ(predictor.Segment(Dashes(64, 64)).width, 64);
  for (const bool one_of_many : {false, true}) {
    request.one_of_many = one_of_many;
    ExpectError(ErrorCode::kCancelled, "cancelled", [&] { predictor.Segment(Dashes(64, 64), request); });
  }
  context.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { predictor.Segment(Dashes(64, 64)); });
}

TEST_F(PredictorTest, WhatIsPlannedIsEnough) {
  weights.gate().Open();
  const int64_t bytes = Predictor({"small", graph, {}, {}}, {}, context).PlannedBytes(50, 40);  // needs no weights
  const auto limited = [&](int64_t max_memory) {
    CompileOptions options;
    options.max_memory = max_memory;
    return Predictor(Network(), options, context).Segment(Dashes(50, 40)).labels().size();
  };
  EXPECT_EQ(limited(bytes), 50u * 40);
  ExpectError(ErrorCode::kMemory, "the limit is", [&] { limited(bytes - 1); });
}

}  // namespace
}  // namespace fcn
