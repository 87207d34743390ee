#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/resize/reference.h"
#include "kernels/resize/resize.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"

namespace fcn::resize {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

std::vector<float> Actual(const GuardedImage& image, const Nhwc& out, int64_t gap, int misalign,
                          const Context& context) {
  GuardedImage input = image, output(out, gap, misalign);
  GuardedFloats scratch(BilinearScratchFloats(out, context.threads()));
  Bilinear(input.view(), output.view(), scratch.data(), context);
  EXPECT_TRUE(input.Intact() && output.Intact() && scratch.Intact());
  return output.Values();
}

void ExpectAgrees(const Nhwc& in, const Nhwc& out, int64_t gap, int misalign, int64_t output_gap) {
  GuardedImage input(in, gap, misalign);
  input.Fill(1);
  std::vector<double> expected(static_cast<size_t>(out.elements()));
  ReferenceBilinear(in, input.Doubles().data(), out, expected.data());
  // Values are below 1. Positions are rounded three times at most at their size, which moves a value that lies between
  // two samples by up to twice as much, along both axes; the sum of four products has up to eight roundings.
  const double bound = static_cast<double>(6 * (in.h + in.w) + 8) * 0x1p-24;
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = Actual(input, out, output_gap, misalign, Context(1, isa));
    for (size_t i = 0; i < expected.size(); i++)
      ASSERT_LE(std::abs(actual[i] - expected[i]), bound)
          << IsaName(isa) << " " << ToString(in) << " -> " << ToString(out) << " at " << i << ": " << actual[i]
          << " instead of " << expected[i];
  }
}

TEST(ResizeTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  for (int64_t channels = 1; channels <= 35; channels++)
    ExpectAgrees({1 + channels % 2, 5, 7, channels}, {1 + channels % 2, 11, 9, channels}, channels % 3,
                 static_cast<int>(channels % 5), channels % 2);
}

TEST(ResizeTest, AgreesWithReferenceForEveryPairOfSmallSizes) {
  for (int64_t from = 1; from <= 9; from++)
    for (int64_t to = 1; to <= 20; to++)
      for (int64_t other : {1, 2, 6}) {
        ExpectAgrees({1, from, other, 3}, {1, to, 5, 3}, 0, 0, 0);
        ExpectAgrees({1, other, from, 3}, {1, 5, to, 3}, 1, 1, 2);
      }
}

TEST(ResizeTest, AgreesWithReferenceForNetworkSizes) {
  ExpectAgrees({1, 16, 16, 21}, {1, 32, 32, 21}, 0, 0, 0);
  ExpectAgrees({1, 47, 63, 2}, {1, 375, 500, 2}, 0, 0, 1);
  ExpectAgrees({1, 90, 70, 3}, {1, 31, 24, 3}, 0, 0, 0);
}

TEST(ResizeTest, StreamsLargeOutputsWithoutGapsToTheSameBytes) {
  GuardedImage image({1, 40, 50, 21});
  image.Fill(1);
  const Nhwc out{1, 220, 231, 21};
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> with_gaps = Actual(image, out, 1, 0, Context(2, isa));
    for (int misalign : {0, 3}) EXPECT_TRUE(Actual(image, out, 0, misalign, Context(2, isa)) == with_gaps);
  }
}

TEST(ResizeTest, HalfPixelCentresByHand) {
  GuardedImage row({1, 1, 4, 1});
  for (int64_t x = 0; x < 4; x++) row.view().data[x] = static_cast<float>(x);
  const Context context(1);
  EXPECT_THAT(Actual(row, {1, 1, 8, 1}, 0, 0, context), testing::ElementsAre(0, .25, .75, 1.25, 1.75, 2.25, 2.75, 3));
  EXPECT_THAT(Actual(row, {1, 1, 2, 1}, 0, 0, context), testing::ElementsAre(.5, 2.5));
  EXPECT_THAT(Actual(row, {1, 1, 1, 1}, 0, 0, context), testing::ElementsAre(1.5));
}

TEST(ResizeTest, TheSameSizeIsACopy) {
  GuardedImage image({2, 13, 17, 5});
  image.Fill(1);
  for (Isa isa : SupportedIsas())
    EXPECT_EQ(Actual(image, {2, 13, 17, 5}, 0, 0, Context(1, isa)), image.Values()) << IsaName(isa);
}

TEST(ResizeTest, GivesTheSameBytesForAnyNumberOfThreads) {
  GuardedImage image({2, 13, 17, 21});
  image.Fill(1);
  const Nhwc out{2, 50, 41, 21};
  test::ExpectSameForAnyThreads([&](const Context& context) { return Actual(image, out, 0, 0, context); });
}

}  // namespace
}  // namespace fcn::resize
