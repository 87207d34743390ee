#include "kernels/resize/gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/resize/gradient_reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::resize {
namespace {

using test::GuardedImage;

std::vector<float> Actual(const GuardedImage& gradient, const Nhwc& in, int64_t gap, int misalign,
                          const Context& context) {
  GuardedImage g = gradient, output(in, gap, misalign);
  BilinearGradient(g.view(), output.view(), context);
  EXPECT_TRUE(g.Intact() && output.Intact());
  return output.Values();
}

/// The gradient of resizing `in` to `out`.
void ExpectAgrees(const Nhwc& in, const Nhwc& out, int64_t gap, int misalign) {
  GuardedImage g(out, gap, misalign);
  g.Fill(1);
  std::vector<double> expected(static_cast<size_t>(in.elements()));
  std::vector<double> magnitudes(expected.size());
  ReferenceBilinearGradient(out, g.Doubles().data(), in, expected.data());
  ReferenceBilinearGradient(out, test::Magnitudes(g.Doubles()).data(), in, magnitudes.data());
  // Values are below 1. Positions are rounded three times at most at their size, which changes each weight by as much
  // along both axes. Each sum has as many terms as there are samples within two of the input's, one after the other.
  const auto taps = [](int64_t to, int64_t from) {
    return 2 * static_cast<double>(to) / static_cast<double>(from) + 2;
  };
  const double down = taps(out.h, in.h), across = taps(out.w, in.w);
  const double positions = static_cast<double>(6 * (in.h + in.w)) * 0x1p-24 * down * across;
  const double sums = (down + across + 4) * 0x1p-24;
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = Actual(g, in, gap + 1, misalign, Context(1, isa));
    for (size_t i = 0; i < expected.size(); i++)
      ASSERT_LE(std::abs(actual[i] - expected[i]), positions + sums * magnitudes[i])
          << IsaName(isa) << " " << ToString(in) << " -> " << ToString(out) << " at " << i << ": " << actual[i]
          << " instead of " << expected[i];
  }
}

TEST(ResizeGradientTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  for (int64_t channels = 1; channels <= 35; channels++)
    for (int64_t gap : {0, 2})
      ExpectAgrees({1 + channels % 2, 5, 4, channels}, {1 + channels % 2, 11, 9, channels}, gap,
                   static_cast<int>(channels % 5));
}

TEST(ResizeGradientTest, AgreesWithReferenceForEveryPairOfSmallSizes) {
  for (int64_t from = 1; from <= 9; from++)
    for (int64_t to = 1; to <= 20; to++)
      for (int64_t other : {1, 2, 6}) {
        ExpectAgrees({1, from, other, 3}, {1, to, 5, 3}, 0, 0);
        ExpectAgrees({1, other, from, 3}, {1, 5, to, 3}, 1, 1);
      }
}

TEST(ResizeGradientTest, AgreesWithReferenceForNetworkSizes) {
  ExpectAgrees({2, 11, 11, 11}, {2, 88, 88, 11}, 0, 0);
  ExpectAgrees({1, 12, 16, 2}, {1, 94, 125, 2}, 0, 0);
  ExpectAgrees({1, 30, 24, 3}, {1, 11, 8, 3}, 0, 0);
}

TEST(ResizeGradientTest, SamplesThatNobodyReadsGetNothing) {
  // To a fifth: position 2 is read by the one output sample, with weight 1.
  GuardedImage g({1, 1, 1, 2});
  g.view().data[0] = 3;
  g.view().data[1] = 4;
  for (Isa isa : SupportedIsas())
    EXPECT_THAT(Actual(g, {1, 1, 5, 2}, 0, 0, Context(1, isa)), testing::ElementsAre(0, 0, 0, 0, 3, 4, 0, 0, 0, 0));
}

TEST(ResizeGradientTest, TheSameSizeIsACopy) {
  GuardedImage image({2, 13, 17, 5});
  image.Fill(1);
  for (Isa isa : SupportedIsas())
    EXPECT_EQ(Actual(image, {2, 13, 17, 5}, 0, 0, Context(1, isa)), image.Values()) << IsaName(isa);
}

TEST(ResizeGradientTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (int64_t gap : {0, 1}) {
    GuardedImage g({2, 50, 41, 21}, gap);
    g.Fill(1);
    test::ExpectSameForAnyThreads([&](const Context& context) { return Actual(g, {2, 13, 17, 21}, 0, 0, context); });
  }
}

// Resizing is linear, so ⟨g, resize(x)⟩ = ⟨gradient(g), x⟩ is all that there is to show, and differences are exact but
// for rounding.
TEST(ResizeGradientTest, ReferenceAgreesWithFiniteDifferences) {
  for (const auto& [in, out] : {std::pair{Nhwc{2, 3, 4, 2}, Nhwc{2, 9, 7, 2}}, {Nhwc{1, 5, 6, 1}, Nhwc{1, 2, 3, 1}}}) {
    GuardedImage x(in), g(out);
    x.Fill(1);
    g.Fill(2);
    const std::vector<double> input = x.Doubles(), dg = g.Doubles();
    std::vector<double> gradient(input.size());
    ReferenceBilinearGradient(out, dg.data(), in, gradient.data());
    const auto slopes =
        test::SlopesOfSum(input, dg, 0.5, [&](const double* at, double* y) { ReferenceBilinear(in, at, out, y); });
    for (size_t i = 0; i < input.size(); i++) EXPECT_NEAR(gradient[i], slopes[i], 1e-12) << i;
  }
}

}  // namespace
}  // namespace fcn::resize
