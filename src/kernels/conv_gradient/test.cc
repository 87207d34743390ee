#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

#include "kernels/conv/reference.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/conv_gradient/reference.h"
#include "kernels/conv_gradient/weight_plan.h"
#include "kernels/conv_gradient/weight_rows.h"
#include "support/conv_case.h"
#include "support/every_isa.h"
#include "support/slopes.h"
#include "tensor/random.h"

namespace fcn::conv_gradient {
namespace {

using test::CaseOf;
using test::ConvCase;
using test::HasOutput;
using test::ProblemOf;
using testing::DoubleNear;
using testing::Pointwise;
using testing::Test;

constexpr test::RunConv kRunData = test::RunPacked<PackedFloats, Pack, DataScratchFloats, RunData>;
constexpr test::RunConvWeight kRunWeight = test::RunWeight<WeightScratchFloats, RunWeight>;

void ExpectAgrees(const ConvCase& c) {
  test::ExpectAgrees(c, kRunData, true);
  if (!Test::HasFatalFailure()) test::ExpectWeightAgrees(c, kRunWeight);
}

const ConvGeometry kGeometries[] = {
    {{1, 1}, {1, 1}, {1, 1}, {}, 1},           {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1},
    {{1, 1}, {1, 1}, {1, 1}, {1, 0, 2, 1}, 1}, {{3, 3}, {1, 1}, {1, 1}, {}, 1},
    {{3, 3}, {1, 1}, {1, 1}, {4, 3, 5, 4}, 1}, {{2, 4}, {1, 1}, {2, 1}, {0, 2, 1, 3}, 1},
    {{3, 2}, {1, 1}, {1, 2}, {2, 0, 0, 1}, 1}, {{5, 5}, {1, 1}, {2, 2}, {4, 4, 4, 4}, 1},
    {{1, 1}, {2, 2}, {1, 1}, {}, 1},           {{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1},
    {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}, 1}, {{2, 3}, {3, 2}, {1, 1}, {1, 0, 2, 1}, 1},
    {{3, 3}, {3, 3}, {1, 1}, {2, 2, 2, 2}, 1}, {{3, 3}, {2, 2}, {2, 2}, {2, 2, 2, 2}, 1},
    {{2, 3}, {3, 1}, {1, 2}, {1, 0, 2, 1}, 1}, {{7, 7}, {2, 2}, {1, 1}, {3, 3, 3, 3}, 1}};

TEST(ConvGradient, EveryGeometryAndRemainderOfChannels) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t channels = 1; channels <= 35; channels++, variant++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, variant) % 35);
      ExpectAgrees(
          CaseOf(ProblemOf(geometry, {static_cast<int64_t>(1 + variant % 2), 5, 6, channels}, other), variant));
      if (Test::HasFatalFailure()) return;
    }
}

TEST(ConvGradient, EverySmallSize) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries)
    for (int64_t h = 1; h <= 8; h++)
      for (int64_t w = 1; w <= 8; w++, variant++) {
        const ConvProblem problem = ProblemOf(geometry, {static_cast<int64_t>(1 + variant % 2), h, w, 3}, 5);
        if (HasOutput(problem)) ExpectAgrees(CaseOf(problem, variant));
        if (Test::HasFatalFailure()) return;
      }
}

TEST(ConvGradient, Groups) {
  uint64_t variant = 0;
  for (ConvGeometry geometry : kGeometries)
    for (const auto& [groups, inputs, outputs] :
         std::vector<std::tuple<int, int, int>>{{2, 3, 5}, {3, 1, 2}, {7, 2, 1}, {2, 17, 18}, {19, 1, 1}}) {
      geometry.groups = groups;
      ExpectAgrees(CaseOf(ProblemOf(geometry, {2, 7, 6, inputs * groups}, outputs * groups), variant++));
      if (Test::HasFatalFailure()) return;
    }
}

// Several tiles, segments and blocks, all ragged.
const ConvProblem kLarge[] = {ProblemOf({}, {2, 41, 37, 24}, 50),
                              ProblemOf({}, {1, 21, 23, 330}, 370),
                              ProblemOf({{3, 3}, {2, 2}, {1, 1}, {1, 1, 1, 1}, 1}, {2, 53, 57, 3}, 32),
                              ProblemOf({{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {1, 23, 21, 70}, 140),
                              ProblemOf({{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {1, 23, 21, 70}, 240),
                              ProblemOf({{16, 16}, {8, 1}, {1, 1}, {2, 3, 20, 1}, 1}, {1, 83, 300, 5}, 21),
                              ProblemOf({{7, 7}, {1, 1}, {1, 1}, {3, 3, 3, 3}, 1}, {1, 5, 5, 41}, 360),
                              ProblemOf({}, {1, 3, 4, 1100}, 530),
                              ProblemOf({{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 3}, {2, 61, 33, 30}, 24)};

TEST(ConvGradient, LargeProblems) {
  int segmented = 0, whole = 0, rows = 0;
  for (const ConvProblem& problem : kLarge) {
    ExpectAgrees({.problem = problem, .residual = ConvCase::kInPlace, .input_gap = 3, .output_gap = 5, .misalign = 1});
    if (Test::HasFatalFailure()) return;
    if (SumsRowsInPlace(problem)) {
      rows++;
      continue;
    }
    const WeightPlan plan(problem, GemmKernelsFor(DefaultIsa()));
    (plan.segments > 1 ? segmented : whole)++;
  }
  EXPECT_GT(segmented, 1);
  EXPECT_GT(whole, 1);
  EXPECT_GT(rows, 1);
}

// Rows of outputs that are wide enough to be summed where they are, with windows over every edge.
TEST(ConvGradient, WeightsOfWideRows) {
  uint64_t variant = 0;
  for (const ConvGeometry& geometry : kGeometries) {
    if (geometry.kernel.w == 1 || geometry.dilation.w > 1) continue;
    for (int64_t channels = 1; channels <= 19; channels++, variant++) {
      const auto others = static_cast<int64_t>(1 + RandomBits(14, variant) % 35);
      const auto width = static_cast<int64_t>(18 * geometry.stride.w + RandomBits(15, variant) % 5);
      const ConvProblem problem = ProblemOf(
          geometry, {static_cast<int64_t>(1 + variant % 2), static_cast<int64_t>(1 + variant % 6), width, channels},
          others);
      if (!HasOutput(problem)) continue;
      EXPECT_TRUE(SumsRowsInPlace(problem)) << test::Describe(problem);
      ExpectAgrees(CaseOf(problem, variant));
      if (Test::HasFatalFailure()) return;
    }
  }
  EXPECT_GT(variant, 100U);
}

TEST(ConvGradient, AnyThreadCountGivesTheSameBytes) {
  for (const ConvProblem& problem : kLarge) {
    const ConvCase c{.problem = problem, .scaled = true, .residual = ConvCase::kResidual};
    test::ExpectSameForAnyThreads(
        [&](const Context& context) { return std::pair(kRunData(c, context, true), kRunWeight(c, context)); });
  }
}

TEST(ConvGradient, NothingToSumIsZero) {
  // An empty batch has gradients by weights, all zero; without outputs the gradient by the input is the residual.
  ExpectAgrees({.problem = {{}, {0, 3, 3, 4}, {0, 3, 3, 5}}});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 4}, {1, 3, 3, 0}}, .residual = ConvCase::kResidual});
  ExpectAgrees({.problem = {{}, {1, 3, 3, 0}, {1, 3, 3, 5}}});
}

TEST(ConvGradient, ScratchOfHugeLayersStaysSmall) {
  // VGG's fc6 as a convolution: 103 million weights.
  const ConvProblem fc6 = ProblemOf({{7, 7}, {1, 1}, {1, 1}, {}, 1}, {1, 22, 22, 512}, 4096);
  const ConvProblem fc7 = ProblemOf({}, {8, 16, 16, 4096}, 4096);
  const ConvProblem scores = ProblemOf({{64, 64}, {32, 32}, {1, 1}, {}, 1}, {1, 500, 500, 21}, 21);
  for (const Isa isa : SupportedIsas())
    for (const ConvProblem& problem : {fc6, fc7, scores}) EXPECT_LE(WeightScratchFloats(problem, isa, 2), 16 << 20);
}

// The references against central differences of the forward reference, which is linear in input and weights: exact but
// for rounding in double.
TEST(ConvGradient, ReferencesAreTheSlopesOfTheConvolution) {
  uint64_t variant = 0;
  for (ConvGeometry geometry : kGeometries)
    for (const int groups : {1, 2}) {
      geometry.groups = groups;
      const ConvProblem p = ProblemOf(geometry, {2, 5, 4, 4}, 6);
      const std::vector<double> input = test::UniformDoubles(p.input.elements(), variant++);
      const std::vector<double> weight = test::UniformDoubles(test::WeightsOf(p), variant++);
      const std::vector<double> gradient = test::UniformDoubles(p.output.elements(), variant++);
      const auto forward = [&](const double* x, const double* w, double* y) {
        conv::Reference<double>(p, {x, p.input}, w, nullptr, {}, Activation::kNone, {y, p.output});
      };
      std::vector<double> data(input.size()), by_weight(weight.size());
      DataReference<double>(p, gradient.data(), weight.data(), nullptr, data.data());
      WeightReference<double>(p, gradient.data(), input.data(), by_weight.data());
      EXPECT_THAT(data, Pointwise(DoubleNear(1e-10),
                                  test::SlopesOfSum(input, gradient, 0.5,
                                                    [&](auto* x, auto* y) { forward(x, weight.data(), y); })))
          << test::Describe(p);
      EXPECT_THAT(by_weight, Pointwise(DoubleNear(1e-10),
                                       test::SlopesOfSum(weight, gradient, 0.5,
                                                         [&](auto* w, auto* y) { forward(input.data(), w, y); })))
          << test::Describe(p);
    }
}

TEST(ConvGradient, StopsWhenCancelled) {
  Context context(1);
  context.Cancel();
  const ConvCase c{.problem = ProblemOf({}, {1, 3, 3, 4}, 4)};
  EXPECT_ANY_THROW(kRunWeight(c, context));
  EXPECT_ANY_THROW(kRunData(c, context, true));
}

}  // namespace
}  // namespace fcn::conv_gradient
