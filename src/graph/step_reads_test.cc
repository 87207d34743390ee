#include "graph/step_reads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::pair<ValueId, ReadOf>> ReadsOf(const Step& step) {
  std::vector<std::pair<ValueId, ReadOf>> reads;
  ForEachRead(step, [&](ValueId id, ReadOf kind) { reads.emplace_back(id, kind); });
  return reads;
}

TEST(ForEachRead, InputsLikesAndParameters) {
  EXPECT_THAT(ReadsOf({.name = "g", .op = ConvDataGradient{}, .inputs = {4, 2, 1}, .output = 7, .tail = {}}),
              ElementsAre(Pair(4, ReadOf::kInput), Pair(2, ReadOf::kLike), Pair(1, ReadOf::kParameter)));
  EXPECT_THAT(ReadsOf({.name = "j", .op = Concat{}, .inputs = {4, 2, 4}, .output = 7, .tail = {}}),
              ElementsAre(Pair(4, ReadOf::kInput), Pair(2, ReadOf::kInput), Pair(4, ReadOf::kInput)));
  // A pooling's note is all that its gradient reads beside g.
  EXPECT_THAT(ReadsOf({.name = "p", .op = MaxPoolGradient{}, .inputs = {4, 2}, .output = 7, .tail = {}, .note = 0}),
              ElementsAre(Pair(4, ReadOf::kInput), Pair(2, ReadOf::kLike)));
}

TEST(ForEachRead, WhatTheTailReads) {
  Step step{.name = "up", .op = Deconv2d{}, .inputs = {0, 1}, .output = 13, .tail = {}};
  step.tail = {TailLoss{.op = {}, .labels = 8, .class_weights = 9, .loss = 10}, TailCrop{.whole = 11, .like = 12},
               TailActivation{.slopes = 7}, TailResidual{6}, TailBatchNorm{.parameters = {2, 3, 4, 5}}};
  EXPECT_THAT(ReadsOf(step), ElementsAre(Pair(0, ReadOf::kInput), Pair(1, ReadOf::kParameter), Pair(2, ReadOf::kOfTail),
                                         Pair(3, ReadOf::kOfTail), Pair(4, ReadOf::kOfTail), Pair(5, ReadOf::kOfTail),
                                         Pair(6, ReadOf::kResidual), Pair(7, ReadOf::kOfTail), Pair(8, ReadOf::kLabels),
                                         Pair(9, ReadOf::kOfTail)));
}

TEST(ForEachRead, WhatRunsAsPartOfAStepAndMayBeReplaced) {
  Step step{.name = "last", .op = Conv2d{}, .inputs = {5, 2}, .output = 6, .tail = {}};
  step.before.push_back({.name = "first", .op = Conv2d{}, .inputs = {0, 1}, .output = 5, .tail = {}});
  EXPECT_THAT(ReadsOf(step), ElementsAre(Pair(5, ReadOf::kInput), Pair(2, ReadOf::kParameter), Pair(0, ReadOf::kInside),
                                         Pair(1, ReadOf::kParameter)));
  ForEachRead(step, [](ValueId& id, ReadOf) { id += 10; });
  EXPECT_THAT(step.inputs, ElementsAre(15, 12));
  EXPECT_THAT(step.before[0].inputs, ElementsAre(10, 11));
}

}  // namespace
}  // namespace fcn
