#include "kernels/conv_gradient/streamed_weight.h"

#include <gtest/gtest.h>

#include <vector>

#include "support/conv_case.h"
#include "support/every_isa.h"

namespace fcn::conv_gradient {
namespace {

using test::ConvCase;

ConvProblem Problem(const Nhwc& input, int64_t outputs) { return test::ProblemOf({}, input, outputs); }

test::WeightPieces Pieces(const ConvCase& c, const Context& context) {
  return test::RunWeightInPieces<WeightStreamedScratchFloats, RunWeightStreamed>(c, context);
}

class StreamedWeight : public test::EveryIsa {
 protected:
  /// Within what rounding leaves: each of `pixels` additions rounds a sum of some units.
  void ExpectCorrect(const ConvCase& c) {
    const std::vector<double> expected = test::WeightOperands(c).Expected();
    const std::vector<float> values = Pieces(c, context_).values;
    const double tolerance = 5e-8 * static_cast<double>(10 + c.problem.output.pixels());
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); i++)
      ASSERT_NEAR(values[i], expected[i], tolerance) << test::Describe(c.problem) << ", " << i;
  }
};
FCN_FOR_EVERY_ISA(ConvGradient, StreamedWeight);

TEST_P(StreamedWeight, Sizes) {
  for (int64_t h = 1; h <= 17; h += 4)
    for (int64_t w = 1; w <= 20; w++)
      ExpectCorrect({.problem = Problem({1 + (h + w) % 2, h, w, 9}, 37),
                     .input_gap = h % 3,
                     .output_gap = w % 4,
                     .misalign = static_cast<int>(w % 2)});
}

TEST_P(StreamedWeight, Channels) {
  for (int64_t c = 1; c <= 150; c += c < 70 ? 1 : 9)
    ExpectCorrect({.problem = Problem({1, 3, 5, c}, 1 + c * 37 % 140), .input_gap = c % 2, .output_gap = 1 - c % 2});
}

ConvCase ManyPieces() { return {.problem = Problem({1, 3, 5, 2100}, 1301), .input_gap = 3}; }

TEST_P(StreamedWeight, ManyPiecesAreCorrect) {
  ExpectCorrect(ManyPieces());
  EXPECT_GT(Pieces(ManyPieces(), context_).count, 2u);
}

TEST_P(StreamedWeight, SameBytesForAnyNumberOfThreads) {
  test::ExpectSameForAnyThreads(GetParam(),
                                [](const Context& context) { return Pieces(ManyPieces(), context).values; });
}

TEST_P(StreamedWeight, NothingToSumIsZero) {
  EXPECT_EQ(Pieces({.problem = Problem({0, 5, 5, 3}, 4)}, context_).values, std::vector<float>(12));
}

TEST_P(StreamedWeight, PaysForFewPixelsOfManyWeights) {
  const ConvProblem fc7 = Problem({1, 16, 16, 4096}, 4096);
  EXPECT_TRUE(PaysStreamedWeight(fc7));
  EXPECT_LE(WeightStreamedScratchFloats(fc7, GetParam(), 2), 6 << 20);
  EXPECT_FALSE(PaysStreamedWeight(Problem({1, 64, 64, 4096}, 4096)));
}

}  // namespace
}  // namespace fcn::conv_gradient
