#include "kernels/winograd/streamed/weight_gradient.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "kernels/winograd/test_case.h"
#include "tensor/random.h"

namespace fcn::winograd {
namespace {

using test::WeightOperands;

test::WeightPieces Pieces(const ConvCase& c, const Context& context) {
  return test::RunWeightInPieces<WeightStreamedScratchFloats, RunWeightStreamed>(c, context);
}

class StreamedWeight : public test::EveryIsa {
 protected:
  void ExpectCorrect(const ConvCase& c) {
    ASSERT_TRUE(SupportsStreamedWeight(c.problem));
    EXPECT_LE(MaxError(Pieces(c, context_).values, WeightOperands(c).Expected()), Tolerance(c.problem.output.pixels()))
        << test::Describe(c.problem);
  }
};
FCN_FOR_EVERY_ISA(Winograd, StreamedWeight);

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
      for (int64_t w = 1; w <= 17; w++)
        ExpectCorrect({.problem = Problem(taps, SomePadding(taps, h, w, taps + 3), {1 + (h + w) % 2, h, w, 3}, 5),
                       .input_gap = h % 3,
                       .output_gap = w % 4,
                       .misalign = static_cast<int>(w % 2)});
}

TEST_P(StreamedWeight, Channels) {
  for (const int taps : {3, 5, 7})
    for (int64_t c = 1; c <= 70; c++) {
      const auto other = static_cast<int64_t>(1 + RandomBits(13, static_cast<uint64_t>(c * taps)) % 70);
      ExpectCorrect(
          {.problem = Problem(taps, {1, 2, 2, 1}, {1, 5, 7, c}, other), .input_gap = c % 2, .output_gap = 1 - c % 2});
    }
}

// Several pieces, chunks of inputs and blocks of tiles, all ragged.
std::vector<ConvCase> ManyPieces() {
  return {{.problem = Problem(7, {}, {1, 9, 9, 203}, 403)}, {.problem = Problem(3, {1, 1, 1, 1}, {2, 60, 61, 70}, 59)}};
}

TEST_P(StreamedWeight, ManyPiecesAreCorrect) {
  for (const ConvCase& c : ManyPieces()) ExpectCorrect(c);
  EXPECT_GT(Pieces(ManyPieces()[0], context_).count, 2u);
}

TEST_P(StreamedWeight, SameBytesForAnyNumberOfThreads) {
  for (const ConvCase& c : ManyPieces())
    test::ExpectSameForAnyThreads(GetParam(), [&](const Context& context) { return Pieces(c, context).values; });
}

TEST_P(StreamedWeight, ErrorIsSmall) {
  for (const int taps : {3, 5, 7}) {
    const ConvCase c{.problem = Problem(taps, {}, {2, 22, 22, 24}, 16)};
    const double error = RelativeError(Pieces(c, context_).values, WeightOperands(c).Expected());
    EXPECT_LE(error, 2e-4) << taps << " taps";
    std::printf("%d taps: error %.1e of the standard deviation\n", taps, error);
  }
}

TEST_P(StreamedWeight, NothingToSumIsZero) {
  EXPECT_EQ(Pieces({.problem = Problem(3, {1, 1, 1, 1}, {0, 5, 5, 3}, 4)}, context_).values,
            std::vector<float>(size_t{4} * 3 * 9));
}

TEST_P(StreamedWeight, StopsWhenCancelled) {
  Context context(1, GetParam());
  context.Cancel();
  EXPECT_ANY_THROW(Pieces({.problem = Problem(3, {}, {1, 5, 5, 3}, 4)}, context));
}

TEST_P(StreamedWeight, ScratchOfHugeLayersStaysSmall) {
  const ConvProblem fc6 = Problem(7, {}, {1, 22, 22, 512}, 4096);
  EXPECT_LE(WeightStreamedScratchFloats(fc6, GetParam(), 2), 6 << 20);
}

}  // namespace
}  // namespace fcn::winograd
