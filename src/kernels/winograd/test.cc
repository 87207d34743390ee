#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/winograd/blocking.h"
#include "kernels/winograd/reference.h"
#include "kernels/winograd/test_case.h"
#include "kernels/winograd/winograd.h"

namespace fcn::winograd {
namespace {

using test::EveryIsa;

template <int kTaps>
void ExpectTablesExact() {
  for (const Padding& padding : {Padding{}, Padding{1, 2, 3, 0}, Padding{kTaps, kTaps, kTaps, kTaps}}) {
    const ConvProblem problem = Problem(kTaps, padding, {2, 11, 9, 3}, 2);
    const test::ConvOperands operands({.problem = problem});
    const std::vector<double> x = operands.input.Doubles(), w = operands.weight.Doubles();
    const std::vector<double> expected = operands.Expected();
    std::vector<double> y(expected.size(), std::nan(""));
    ReferenceWinograd<kTaps, double>(padding, {x.data(), problem.input}, w.data(), {y.data(), problem.output});
    for (size_t i = 0; i < y.size(); i++) ASSERT_NEAR(y[i], expected[i], 1e-10) << kTaps << " taps, output " << i;
  }
}

TEST(Winograd, TablesAreExactForTheWholeFamily) {
  ExpectTablesExact<3>();
  ExpectTablesExact<5>();
  ExpectTablesExact<6>();
  ExpectTablesExact<7>();
}

TEST(Winograd, SupportsOnlyItsOwn) {
  const ConvGeometry yes{{3, 3}, {1, 1}, {1, 1}, {100, 0, 1, 2}, 1};
  EXPECT_TRUE(Supports(yes));
  EXPECT_TRUE(Supports({{5, 5}, {1, 1}, {1, 1}, {}, 1}));
  EXPECT_TRUE(Supports({{7, 7}, {1, 1}, {1, 1}, {}, 1}));
  EXPECT_TRUE(Supports({{3, 3}, {1, 1}, {2, 3}, {}, 1}));
  const auto no = [&](auto change) {
    ConvGeometry geometry = yes;
    change(geometry);
    EXPECT_FALSE(Supports(geometry));
  };
  no([](ConvGeometry& g) { g.kernel = {1, 1}; });
  no([](ConvGeometry& g) { g.kernel = {3, 5}; });
  no([](ConvGeometry& g) { g.kernel = {6, 6}; });
  no([](ConvGeometry& g) { g.kernel = {9, 9}; });
  no([](ConvGeometry& g) { g.stride = {1, 2}; });
  no([](ConvGeometry& g) { g.stride = {2, 1}; });
  no([](ConvGeometry& g) { g.groups = 2; });
}

FCN_FOR_EVERY_ISA(Winograd, EveryIsa);

TEST_P(EveryIsa, Sizes) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 20; h += taps == 3 ? 1 : 2)
      for (int64_t w = 1; w <= 20; w += taps == 3 ? 1 : 2)
        ExpectCorrect({.problem = Problem(taps, SomePadding(taps, h, w, 4), {1 + (h + w) % 2, h, w, 3}, 5)}, context_);
}

TEST_P(EveryIsa, Channels) {
  std::vector<int64_t> counts = {64};
  for (int64_t c = 1; c <= 33; c++) counts.push_back(c);
  for (size_t i = 0; i < counts.size(); i++) {
    // Each count meets itself and one quite different.
    for (const int64_t outputs : {counts[i], counts[(i * 13 + 5) % counts.size()]})
      for (const int taps : {3, 5, 7})
        ExpectCorrect({.problem = Problem(taps, {1, 1, 1, 1}, {1, 9, 10, counts[i]}, outputs)}, context_);
  }
}

TEST_P(EveryIsa, Paddings) {
  for (int top = 0; top <= 3; top++)
    for (int bottom = 0; bottom <= 3; bottom++)
      for (int left = 0; left <= 3; left++)
        for (int right = 0; right <= 3; right++)
          ExpectCorrect({.problem = Problem(3, {top, bottom, left, right}, {1, 5, 7, 2}, 3)}, context_);
  ExpectCorrect({.problem = Problem(3, {100, 100, 100, 100}, {1, 3, 1, 3}, 4)}, context_);
}

TEST_P(EveryIsa, EpiloguesAndStrides) {
  for (const Activation activation : kEveryActivation)
    for (const auto residual : {ConvCase::kNoResidual, ConvCase::kResidual, ConvCase::kInPlace})
      for (const bool biased : {false, true})
        for (const int64_t channels : {5, 16, 19, 32})
          ExpectCorrect({.problem = Problem(channels == 16   ? 5
                                            : channels == 32 ? 7
                                                             : 3,
                                            {1, 1, 1, 1}, {2, 8, 13, channels}, channels + 2),
                         .scaled = biased,
                         .biased = biased,
                         .residual = residual,
                         .activation = activation,
                         .input_gap = 3,
                         .output_gap = 1,
                         .misalign = static_cast<int>(channels % 16 + 1)},
                        context_);
}

TEST_P(EveryIsa, LongSumsAreCut) {
  for (const int64_t inputs : {kMaxSum - 1, kMaxSum, kMaxSum + 1, 2 * kMaxSum + 40})
    ExpectCorrect({.problem = Problem(3, {1, 1, 1, 1}, {1, 7, 5, inputs}, 35)}, context_);
}

TEST_P(EveryIsa, ErrorIsSmallAt512Channels) {
  for (const int taps : {3, 5, 7}) {
    const ConvProblem problem = Problem(taps, {1, 1, 1, 1}, {1, 24, 24, 512}, 32);
    const ConvCase c{.problem = problem};
    const double error = RelativeError(Compute(c, context_), test::ConvOperands(c).Expected());
    EXPECT_LE(error, 2e-4) << taps << " taps";
    RecordProperty("error_" + std::to_string(taps), std::to_string(error * 1e6) + "e-6");
  }
}

// Which tiles share a block, and where in it a tile lies, depends on the batch; its values must not.
TEST_P(EveryIsa, AnImageDoesNotDependOnItsBatch) {
  const ConvCase one{.problem = Problem(3, {0, 1, 2, 1}, {1, 13, 17, 7}, 9)};
  const ConvCase three{.problem = Problem(3, {0, 1, 2, 1}, {3, 13, 17, 7}, 9)};
  const std::vector<float> alone = Compute(one, context_), together = Compute(three, context_);
  EXPECT_TRUE(std::equal(alone.begin(), alone.end(), together.begin()));
}

TEST(Winograd, NothingToDo) {
  const ConvProblem problem = Problem(3, {1, 1, 1, 1}, {0, 5, 5, 3}, 4);
  const Context context(2);
  EXPECT_EQ(ScratchFloats(problem, context.isa(), 2), 0);
  winograd::Run(problem, {nullptr, problem.input}, nullptr, {}, {nullptr, problem.output}, nullptr, context);
}

}  // namespace
}  // namespace fcn::winograd
