#include "kernels/conv_gradient/streamed_weight.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/conv_gradient/reference.h"
#include "support/guarded_image.h"

namespace fcn::conv_gradient {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

ConvProblem Problem(const Nhwc& input, int64_t outputs) { return {{}, input, {input.n, input.h, input.w, outputs}}; }

struct Case {
  ConvProblem problem;
  int64_t input_gap = 0, gradient_gap = 0;
  int misalign = 0;
};

class StreamedWeight : public testing::TestWithParam<Isa> {
 protected:
  std::vector<float> Compute(const Case& c, const Context& context) {
    GuardedImage x(c.problem.input, c.input_gap, c.misalign), g(c.problem.output, c.gradient_gap, c.misalign);
    x.Fill(1);
    g.Fill(2);
    GuardedFloats scratch(WeightStreamedScratchFloats(c.problem, context.isa(), context.threads()));
    std::vector<float> all;
    pieces_ = 0;
    RunWeightStreamed(
        c.problem, g.view(), x.view(),
        [&](int64_t first, std::span<const float> values) {
          EXPECT_EQ(static_cast<size_t>(first), all.size());
          all.insert(all.end(), values.begin(), values.end());
          pieces_++;
        },
        scratch.data(), context);
    EXPECT_EQ(static_cast<int64_t>(all.size()), c.problem.input.c * c.problem.output.c);
    EXPECT_TRUE(x.Intact() && g.Intact() && scratch.Intact());
    return all;
  }

  /// Within what rounding leaves: each of `pixels` additions rounds a sum of some units.
  void ExpectCorrect(const Case& c) {
    GuardedImage x(c.problem.input), g(c.problem.output);
    x.Fill(1);
    g.Fill(2);
    std::vector<double> expected(static_cast<size_t>(c.problem.input.c * c.problem.output.c));
    WeightReference(c.problem, g.Doubles().data(), x.Doubles().data(), expected.data());
    const std::vector<float> values = Compute(c, context_);
    const double tolerance = 5e-8 * static_cast<double>(10 + c.problem.output.pixels());
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); i++)
      ASSERT_NEAR(static_cast<double>(values[i]), expected[i], tolerance)
          << ToString(c.problem.input) << " to " << ToString(c.problem.output) << ", " << i;
  }

  Context context_{2, GetParam()};
  int pieces_ = 0;
};
INSTANTIATE_TEST_SUITE_P(ConvGradient, StreamedWeight, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(StreamedWeight, Sizes) {
  for (int64_t h = 1; h <= 17; h += 4)
    for (int64_t w = 1; w <= 20; w++)
      ExpectCorrect({.problem = Problem({1 + (h + w) % 2, h, w, 9}, 37),
                     .input_gap = h % 3,
                     .gradient_gap = w % 4,
                     .misalign = static_cast<int>(w % 2)});
}

TEST_P(StreamedWeight, Channels) {
  for (int64_t c = 1; c <= 150; c += c < 70 ? 1 : 9)
    ExpectCorrect({.problem = Problem({1, 3, 5, c}, 1 + c * 37 % 140), .input_gap = c % 2, .gradient_gap = 1 - c % 2});
}

Case ManyPieces() { return {.problem = Problem({1, 3, 5, 2100}, 1301), .input_gap = 3}; }

TEST_P(StreamedWeight, ManyPiecesAreCorrect) {
  ExpectCorrect(ManyPieces());
  EXPECT_GT(pieces_, 2);
}

TEST_P(StreamedWeight, SameBytesForAnyNumberOfThreads) {
  const Context one(1, GetParam()), three(3, GetParam());
  const std::vector<float> values = Compute(ManyPieces(), one);
  EXPECT_EQ(values, Compute(ManyPieces(), context_));
  EXPECT_EQ(values, Compute(ManyPieces(), three));
}

TEST_P(StreamedWeight, NothingToSumIsZero) {
  EXPECT_EQ(Compute({.problem = Problem({0, 5, 5, 3}, 4)}, context_), std::vector<float>(12));
}

TEST_P(StreamedWeight, PaysForFewPixelsOfManyWeights) {
  const ConvProblem fc7 = Problem({1, 16, 16, 4096}, 4096);
  EXPECT_TRUE(PaysStreamedWeight(fc7));
  EXPECT_LE(WeightStreamedScratchFloats(fc7, GetParam(), 2), 6 << 20);
  EXPECT_FALSE(PaysStreamedWeight(Problem({1, 64, 64, 4096}, 4096)));
}

}  // namespace
}  // namespace fcn::conv_gradient
