#include "kernels/winograd/streamed/weight_gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/conv_gradient/reference.h"
#include "kernels/winograd/test_problem.h"
#include "support/guarded_image.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

/// One run in guarded memory.
struct Case {
  ConvProblem problem;
  int64_t input_gap = 0, gradient_gap = 0;
  int misalign = 0;

  struct Result {
    std::vector<float> values;
    std::vector<double> expected;
    size_t pieces = 0;
  };
  Result Compute(const Context& context, bool with_reference = true) const {
    GuardedImage x(problem.input, input_gap, misalign), g(problem.output, gradient_gap, misalign);
    x.Fill(1);
    g.Fill(2);
    Result result;
    const auto weights =
        static_cast<size_t>(problem.output.c * problem.input.c * problem.geometry.kernel.h * problem.geometry.kernel.w);
    if (with_reference) {
      result.expected.resize(weights);
      conv_gradient::WeightReference(problem, g.Doubles().data(), x.Doubles().data(), result.expected.data());
    }
    GuardedFloats scratch(WeightStreamedScratchFloats(problem, context.isa(), context.threads()));
    RunWeightStreamed(
        problem, g.view(), x.view(),
        [&](int64_t first, std::span<const float> values) {
          EXPECT_EQ(static_cast<size_t>(first), result.values.size());
          result.values.insert(result.values.end(), values.begin(), values.end());
          result.pieces++;
        },
        scratch.data(), context);
    EXPECT_EQ(result.values.size(), weights);
    EXPECT_TRUE(x.Intact() && g.Intact() && scratch.Intact());
    return result;
  }
};

double MaxError(const Case::Result& result) {
  double worst = 0;
  for (size_t i = 0; i < result.expected.size(); i++) {
    const double error = std::abs(static_cast<double>(result.values.at(i)) - result.expected[i]);
    if (!(error <= worst)) worst = error;  // a NaN stays
  }
  return worst;
}

class StreamedWeight : public testing::TestWithParam<Isa> {
 protected:
  /// The contract's 2e-4 of the standard deviation, see weight_gradient_test.cc.
  void ExpectCorrect(const Case& c) {
    ASSERT_TRUE(SupportsStreamedWeight(c.problem));
    const double tolerance = 2e-4 * std::sqrt(static_cast<double>(c.problem.output.pixels())) / 3;
    EXPECT_LE(MaxError(c.Compute(context_)), tolerance)
        << c.problem.geometry.kernel.h << " taps, " << ToString(c.problem.input) << " to " << ToString(c.problem.output)
        << ", padding top " << c.problem.geometry.padding.top << ", left " << c.problem.geometry.padding.left;
  }

  Context context_{2, GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Winograd, StreamedWeight, testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

TEST_P(StreamedWeight, SupportsOnlyItsOwn) {
  ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096);
  EXPECT_TRUE(SupportsStreamedWeight(fc6));
  EXPECT_FALSE(SupportsStreamedWeight(Problem(7, {}, {3, 22, 22, 512}, 4096)));  // too many tiles
  fc6.geometry.dilation = {2, 1};
  EXPECT_FALSE(SupportsStreamedWeight(fc6));
}

TEST_P(StreamedWeight, SizesAndPaddings) {
  for (const int taps : {3, 5, 7})
    for (int64_t h = 1; h <= 17; h += 2)
      for (int64_t w = 1; w <= 17; w++) {
        const auto index = static_cast<uint64_t>(h * 17 + w);
        const auto pad = [&](uint64_t i) { return static_cast<int>(RandomBits(7, index * 4 + i) % (taps + 3)); };
        Padding padding{pad(0), pad(1), pad(2), pad(3)};
        // An output there must be.
        padding.bottom = std::max<int>(padding.bottom, static_cast<int>(taps - h) - padding.top);
        padding.right = std::max<int>(padding.right, static_cast<int>(taps - w) - padding.left);
        ExpectCorrect({.problem = Problem(taps, padding, {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .gradient_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
      }
}

TEST_P(StreamedWeight, Channels) {
  for (const int taps : {3, 5, 7})
    for (int64_t c = 1; c <= 70; c++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, static_cast<uint64_t>(c * taps)) % 70);
      ExpectCorrect(
          {.problem = Problem(taps, {1, 2, 2, 1}, {1, 5, 7, c}, other), .input_gap = c % 2, .gradient_gap = 1 - c % 2});
    }
}

// Several pieces, chunks of inputs and blocks of tiles, all ragged.
std::vector<Case> ManyPieces() {
  return {{.problem = Problem(7, {}, {1, 9, 9, 203}, 403)}, {.problem = Problem(3, {1, 1, 1, 1}, {2, 60, 61, 70}, 59)}};
}

TEST_P(StreamedWeight, ManyPiecesAreCorrect) {
  for (const Case& c : ManyPieces()) ExpectCorrect(c);
  EXPECT_GT(ManyPieces()[0].Compute(context_, false).pieces, 2u);
}

TEST_P(StreamedWeight, SameBytesForAnyNumberOfThreads) {
  const Context one(1, GetParam()), three(3, GetParam());
  for (const Case& c : ManyPieces()) {
    const std::vector<float> values = c.Compute(one, false).values;
    EXPECT_EQ(values, c.Compute(context_, false).values);
    EXPECT_EQ(values, c.Compute(three, false).values);
  }
}

TEST_P(StreamedWeight, ErrorIsSmall) {
  for (const int taps : {3, 5, 7}) {
    const Case::Result result = Case{.problem = Problem(taps, {}, {2, 22, 22, 24}, 16)}.Compute(context_);
    double square = 0;
    for (const double value : result.expected) square += value * value;
    const double error = MaxError(result) / std::sqrt(square / static_cast<double>(result.expected.size()));
    EXPECT_LE(error, 2e-4) << taps << " taps";
    std::printf("%d taps: error %.1e of the standard deviation\n", taps, error);
  }
}

TEST_P(StreamedWeight, NothingToSumIsZero) {
  EXPECT_EQ(Case{.problem = Problem(3, {1, 1, 1, 1}, {0, 5, 5, 3}, 4)}.Compute(context_).values,
            std::vector<float>(size_t{4} * 3 * 9));
}

TEST_P(StreamedWeight, StopsWhenCancelled) {
  Context context(1, GetParam());
  context.Cancel();
  EXPECT_ANY_THROW(Case{.problem = Problem(3, {}, {1, 5, 5, 3}, 4)}.Compute(context, false));
}

TEST_P(StreamedWeight, ScratchOfHugeLayersStaysSmall) {
  const ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096);
  EXPECT_LE(WeightStreamedScratchFloats(fc6, GetParam(), 2), 6 << 20);
}

}  // namespace
}  // namespace fcn::winograd
