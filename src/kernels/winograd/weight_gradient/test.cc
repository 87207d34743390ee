#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "kernels/winograd/test_case.h"
#include "kernels/winograd/weight_gradient/blocking.h"
#include "kernels/winograd/weight_gradient/reference.h"
#include "kernels/winograd/weight_gradient/weight_gradient.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::Describe;
using test::WeightOperands;

constexpr test::RunConvWeight kRun = test::RunWeight<WeightScratchFloats, RunWeight>;

template <int kTaps>
void ExpectTablesExact() {
  for (const Padding& padding : {Padding{}, Padding{1, 2, 3, 0}, Padding{kTaps, kTaps, kTaps, kTaps}}) {
    const ConvProblem problem = Problem(kTaps, padding, {2, 11, 9, 3}, 2);
    const WeightOperands operands({.problem = problem});
    const std::vector<double> x = operands.input.Doubles(), g = operands.gradient.Doubles();
    const std::vector<double> expected = operands.Expected();
    std::vector<double> actual(expected.size());
    ReferenceWinogradWeight<kTaps, double>(padding, {g.data(), problem.output}, {x.data(), problem.input},
                                           actual.data());
    for (size_t i = 0; i < actual.size(); i++) ASSERT_NEAR(actual[i], expected[i], 1e-10) << kTaps << " taps, " << i;
  }
}

TEST(WinogradWeight, TablesAreExactForTheWholeFamily) {
  ExpectTablesExact<3>();
  ExpectTablesExact<5>();
  ExpectTablesExact<7>();
}

TEST(WinogradWeight, SupportsOnlyItsOwn) {
  const ConvGeometry yes{{3, 3}, {1, 1}, {2, 1}, {100, 0, 1, 2}, 1};
  EXPECT_TRUE(SupportsWeightGradient(yes));
  const auto supports = [&](auto change) {
    ConvGeometry geometry = yes;
    change(geometry);
    return SupportsWeightGradient(geometry);
  };
  for (const int taps : {5, 7}) EXPECT_TRUE(supports([&](ConvGeometry& g) { g.kernel = {taps, taps}; }));
  for (const Size2 kernel : {Size2{1, 1}, Size2{2, 2}, Size2{3, 5}, Size2{4, 4}, Size2{9, 9}})
    EXPECT_FALSE(supports([&](ConvGeometry& g) { g.kernel = kernel; }));
  EXPECT_FALSE(supports([](ConvGeometry& g) { g.stride = {1, 2}; }));
  EXPECT_FALSE(supports([](ConvGeometry& g) { g.groups = 2; }));
}

class WeightOfEveryIsa : public test::EveryIsa {
 protected:
  void ExpectCorrect(const ConvCase& c) {
    EXPECT_LE(MaxError(kRun(c, context_), WeightOperands(c).Expected()), Tolerance(c.problem.output.pixels()))
        << Describe(c.problem);
  }
};
FCN_FOR_EVERY_ISA(Winograd, WeightOfEveryIsa);

TEST_P(WeightOfEveryIsa, Sizes) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 17; h++)
      for (int64_t w = 1; w <= 17; w += taps == 3 ? 1 : 2)
        ExpectCorrect({.problem = Problem(taps, SomePadding(taps, h, w, 5), {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .output_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
}

TEST_P(WeightOfEveryIsa, Channels) {
  for (const int taps : {3, 5, 7})
    for (int64_t c = 1; c <= 35; c++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, static_cast<uint64_t>(c * taps)) % 35);
      ExpectCorrect({.problem = Same(taps, {1, 5, 7, c}, other), .input_gap = c % 2, .output_gap = 1 - c % 2});
    }
}

TEST_P(WeightOfEveryIsa, Paddings) {
  for (int top = 0; top <= 3; top++)
    for (int bottom = 0; bottom <= 3; bottom++)
      for (int left = 0; left <= 3; left++)
        for (int right = 0; right <= 3; right++)
          ExpectCorrect({.problem = Problem(3, {top, bottom, left, right}, {1, 5, 7, 2}, 3)});
}

TEST_P(WeightOfEveryIsa, Dilations) {
  for (const int taps : {3, 5, 7})
    for (int dilation = 2; dilation <= 5; dilation++)
      for (int64_t size = 1; size <= 21; size += 4)
        ExpectCorrect({.problem = Same(taps, {2, size, 22 - size, 4}, 3, dilation), .input_gap = 1});
  ConvProblem uneven = Same(3, {1, 9, 11, 2}, 3, 3);
  uneven.geometry.dilation.w = 1;
  uneven.output.w += 4;
  ExpectCorrect({.problem = uneven});
}

// Several blocks of tiles and several chunks of both channels, all ragged.
ConvProblem ManyBlocks(Isa isa) {
  const ConvProblem problem = Same(3, {2, 101, 90, 20}, 37);
  EXPECT_GT(WeightBlockingFor(problem, isa).tiles, WeightBlockingFor(problem, isa).block);
  return problem;
}
ConvProblem ManyChunks(int taps, Isa isa) {
  const ConvProblem problem = Same(taps, {1, 8, 11, 261}, 275);
  const WeightBlocking blocking = WeightBlockingFor(problem, isa);
  EXPECT_GT(blocking.input_chunks, 1);
  EXPECT_GT(blocking.output_chunks, 1);
  return problem;
}

TEST_P(WeightOfEveryIsa, LargeProblems) {
  ExpectCorrect({.problem = ManyBlocks(GetParam()), .input_gap = 3, .output_gap = 5, .misalign = 1});
  for (const int taps : {3, 5, 7}) ExpectCorrect({.problem = ManyChunks(taps, GetParam()), .input_gap = 3});
}

TEST_P(WeightOfEveryIsa, SameBytesForAnyNumberOfThreads) {
  for (const ConvProblem& problem : {ManyBlocks(GetParam()), ManyChunks(3, GetParam()), ManyChunks(7, GetParam())})
    test::ExpectSameForAnyThreads(GetParam(),
                                  [&](const Context& context) { return kRun({.problem = problem}, context); });
}

// The contract's bound, for short and for long sums: a deep layer's map and a shallow one's.
TEST_P(WeightOfEveryIsa, ErrorIsSmall) {
  for (const ConvProblem& problem :
       {Same(3, {1, 44, 44, 512}, 16), Same(3, {1, 349, 349, 4}, 64), Same(5, {1, 64, 64, 32}, 16),
        Same(7, {1, 22, 22, 64}, 16), Same(3, {8, 88, 88, 16}, 16)}) {
    const ConvCase c{.problem = problem};
    const double error = RelativeError(kRun(c, context_), WeightOperands(c).Expected());
    EXPECT_LE(error, 2e-4) << Describe(problem);
    std::printf("%s: error %.1e of the standard deviation\n", Describe(problem).c_str(), error);
  }
}

TEST_P(WeightOfEveryIsa, ScratchOfHugeLayersStaysSmall) {
  const ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096);
  const ConvProblem conv1_2 = Same(3, {4, 698, 698, 64}, 64), conv4_2 = Same(3, {1, 88, 88, 512}, 512);
  for (const ConvProblem& problem : {fc6, conv1_2, conv4_2})
    EXPECT_LE(WeightScratchFloats(problem, GetParam(), 2), 4 << 20) << Describe(problem);
}

TEST_P(WeightOfEveryIsa, NothingToSumIsZero) {
  const ConvProblem no_images = Same(3, {0, 5, 5, 3}, 4), no_outputs = Same(3, {1, 5, 5, 3}, 0);
  EXPECT_EQ(kRun({.problem = no_images}, context_), std::vector<float>(3 * 4 * 9));
  EXPECT_TRUE(kRun({.problem = no_outputs}, context_).empty());
}

TEST_P(WeightOfEveryIsa, StopsWhenCancelled) {
  Context context(1, GetParam());
  context.Cancel();
  EXPECT_ANY_THROW(kRun({.problem = Same(3, {1, 3, 3, 4}, 4)}, context));
}

}  // namespace
}  // namespace fcn::winograd
