#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/gradient.h"
#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::depthwise {
namespace {

using test::CaseOf;
using test::ConvCase;
using testing::Test;

constexpr test::RunConv kRunData = test::RunPacked<GradientPackedFloats, GradientPack, DataScratchFloats, RunData>;
constexpr test::RunConvWeight kRunWeight = test::RunWeight<WeightScratchFloats, RunWeight>;

ConvProblem Problem(int64_t images, int64_t h, int64_t w, int64_t channels, ConvGeometry g) {
  g.groups = static_cast<int>(channels);
  return test::ProblemOf(g, {images, h, w, channels}, channels);
}

void ExpectAgrees(const ConvCase& c) {
  test::ExpectAgrees(c, kRunData, true);
  if (!Test::HasFatalFailure()) test::ExpectWeightAgrees(c, kRunWeight);
}

const ConvGeometry kGeometries[] = {
    {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1},
    {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1}, {{5, 5}, {1, 1}, {1, 1}, {2, 2, 2, 2}, 1},
    {{5, 5}, {2, 2}, {1, 1}, {2, 2, 2, 2}, 1}, {{5, 5}, {2, 2}, {1, 1}, {1, 2, 1, 2}, 1},
    {{3, 3}, {1, 1}, {1, 1}, {}, 1},           {{3, 3}, {1, 1}, {1, 1}, {4, 3, 5, 4}, 1},
    {{5, 3}, {2, 1}, {1, 1}, {0, 4, 3, 0}, 1}, {{3, 5}, {1, 2}, {2, 1}, {2, 2, 0, 4}, 1},
    {{3, 3}, {1, 1}, {2, 2}, {2, 2, 2, 2}, 1}, {{5, 5}, {3, 3}, {1, 1}, {2, 2, 2, 2}, 1},
    {{1, 1}, {1, 1}, {1, 1}, {}, 1},           {{7, 2}, {1, 3}, {1, 2}, {6, 6, 3, 1}, 1},
    {{4, 6}, {2, 2}, {3, 1}, {9, 9, 5, 5}, 1}, {{3, 3}, {2, 2}, {2, 2}, {2, 2, 2, 2}, 1}};

TEST(DepthwiseGradient, EveryGeometryAndRemainderOfChannels) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t channels = 1; channels <= 35; channels++, variant++) {
      const auto width = static_cast<int64_t>(13 + variant % 22);
      ExpectAgrees(CaseOf(Problem(1 + variant % 2, 9, width, channels, geometry), variant));
      if (Test::HasFatalFailure()) return;
    }
}

TEST(DepthwiseGradient, EverySmallSize) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 7; h++)
      for (int64_t w = 1; w <= 40; w++, variant++) {
        const ConvProblem problem = Problem(1 + variant % 2, h, w, 5 + w % 2 * 11, geometry);
        if (test::HasOutput(problem)) ExpectAgrees(CaseOf(problem, variant));
        if (Test::HasFatalFailure()) return;
      }
}

// Several chunks of channels and several bands of rows, which do not end with the images, all ragged.
TEST(DepthwiseGradient, LargeProblems) {
  for (const ConvGeometry& geometry : kGeometries) {
    ExpectAgrees({.problem = Problem(2, 27, 61, 131, geometry),
                  .residual = ConvCase::kResidual,
                  .input_gap = 3,
                  .output_gap = 5,
                  .misalign = 1});
    if (Test::HasFatalFailure()) return;
  }
}

TEST(DepthwiseGradient, AnyThreadCountGivesTheSameBytes) {
  for (const ConvGeometry& geometry : kGeometries) {
    const ConvCase c{.problem = Problem(2, 21, 61, 130, geometry), .scaled = true, .residual = ConvCase::kInPlace};
    test::ExpectSameForAnyThreads(
        [&](const Context& context) { return std::pair(kRunData(c, context, true), kRunWeight(c, context)); });
  }
}

TEST(DepthwiseGradient, NothingToSumIsZero) {
  ExpectAgrees({.problem = {{{3, 3}, {}, {}, {1, 1, 1, 1}, 4}, {0, 3, 3, 4}, {0, 3, 3, 4}}});
}

TEST(DepthwiseGradient, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  const ConvCase c{.problem = Problem(1, 3, 3, 4, {})};
  EXPECT_ANY_THROW(kRunWeight(c, context));
  EXPECT_ANY_THROW(kRunData(c, context, true));
}

}  // namespace
}  // namespace fcn::depthwise
