// Timing of networks: what is counted and refused, never how fast something was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fcn/bench.h"
#include "fcn/error.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using Work = TimingOptions::Work;

constexpr const char* kScores = R"(
input image channels=3
parameter conv.weight 4x3x3x3
parameter conv.bias 4
conv = Conv2d(image, conv.weight, conv.bias) kernel=3x3 padding=1,1,1,1
output conv
)";

class TimedNetworkTest : public ::testing::Test {
 protected:
  Runtime runtime_{{.threads = 2, .isa = {}}};
  Network network_ = Network::FromText(kScores, "scores");
};

TEST_F(TimedNetworkTest, CountsWhatARunComputes) {
  TimedNetwork timed(network_, {.width = 20, .height = 10, .pictures = 2}, runtime_);
  EXPECT_EQ(timed.multiply_adds(), 2 * 20 * 10 * 4 * 3 * 3 * 3);
  EXPECT_GT(timed.planned_bytes(), 2 * 20 * 10 * (3 + 4) * 4);
  EXPECT_GT(timed.compile_ms(), 0);
  Profile profile;
  EXPECT_GT(timed.Run(), 0);
  EXPECT_GT(timed.Run(&profile), 0);
  EXPECT_GT(timed.Run(&profile), 0);
  EXPECT_EQ(profile.runs, 2);
  ASSERT_EQ(profile.rows.size(), 1u);
  EXPECT_EQ(profile.rows[0].multiply_adds, timed.multiply_adds());
  EXPECT_EQ(profile.rows[0].output_shape, "2x10x20x4");
  EXPECT_GT(profile.rows[0].bytes, 0);
}

TEST_F(TimedNetworkTest, RunsAfterAnotherSizeAsBefore) {
  TimedNetwork timed(network_, {.width = 20, .height = 10}, runtime_);
  timed.Run();
  EXPECT_TRUE(timed.NewSizeMilliseconds().has_value());
  Profile profile;
  timed.Run(&profile);
  EXPECT_EQ(profile.rows.at(0).output_shape, "1x10x20x4");
}

TEST_F(TimedNetworkTest, LabelsAndStepsOfTraining) {
  TimedNetwork labels(network_, {.work = Work::kLabels, .width = 20, .height = 10}, runtime_);
  Profile profile;
  labels.Run(&profile);
  EXPECT_THAT(profile.rows.back().output_shape, testing::HasSubstr("int32"));
  TimedNetwork training(network_, {.work = Work::kTraining, .width = 20, .height = 10}, runtime_);
  EXPECT_GT(training.multiply_adds(), labels.multiply_adds());
  training.Run();
  EXPECT_GT(training.Run(), 0);
  EXPECT_FALSE(training.NewSizeMilliseconds().has_value());
}

TEST_F(TimedNetworkTest, AModelHasItsOwnWeights) {
  const Model model = Model::Make(network_, network_.inputs(), {{.classes = {"a", "b", "c", "d"}}});
  TimedNetwork timed(model, {.width = 20, .height = 10}, runtime_);
  EXPECT_GT(timed.Run(), 0);
}

TEST_F(TimedNetworkTest, WhatCannotBeTimedIsRefused) {
  const auto refuse = [](ErrorCode code, const std::string& part, const Network& network, const TimingOptions& options,
                         const Runtime& runtime) {
    test::ExpectError(code, part, [&] { TimedNetwork(network, options, runtime); });
  };
  refuse(ErrorCode::kUsage, "-1x10", network_, {.width = -1, .height = 10}, runtime_);
  refuse(ErrorCode::kUsage, "0 pictures", network_, {.width = 20, .height = 10, .pictures = 0}, runtime_);
  const Network unknown = Network::FromText(
      "input image channels=3\nparameter odd 4x3x1x1\nconv = Conv2d(image, odd)\noutput conv\n", "unknown");
  refuse(ErrorCode::kInput, "does not say how it begins", unknown, {.width = 20, .height = 10}, runtime_);
  const Runtime small({.threads = 1, .isa = {}, .max_memory = 1000});
  for (const Work work : {Work::kScores, Work::kTraining})
    refuse(ErrorCode::kMemory, "", network_, {.work = work, .width = 200, .height = 100}, small);
}

}  // namespace
}  // namespace fcn
