#include "kernels/pool/gradient.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/pool/gradient_reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::pool {
namespace {

using test::GuardedImage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Case {
  Window window;
  Nhwc input;
  bool ceil = false;
  int64_t gap = 0;
  int misalign = 0;

  Nhwc output() const {
    const auto size = [&](int64_t in, int pads, int kernel, int stride) {
      return (in + pads - kernel + (ceil ? stride - 1 : 0)) / stride + 1;
    };
    const Padding& p = window.padding;
    return {input.n, size(input.h, p.top + p.bottom, window.kernel.h, window.stride.h),
            size(input.w, p.left + p.right, window.kernel.w, window.stride.w), input.c};
  }
  bool Fits() const {
    const Padding& p = window.padding;
    return input.h + p.top + p.bottom >= window.kernel.h && input.w + p.left + p.right >= window.kernel.w;
  }
};

const Window kWindows[] = {{{2, 2}, {2, 2}, {}},           {{3, 3}, {2, 2}, {}},
                           {{3, 3}, {2, 2}, {1, 1, 1, 1}}, {{3, 3}, {1, 1}, {1, 1, 1, 1}},
                           {{2, 3}, {3, 2}, {1, 0, 2, 1}}, {{1, 1}, {2, 2}, {}},
                           {{5, 4}, {1, 3}, {2, 4, 0, 3}}, {{11, 2}, {1, 1}, {5, 5, 0, 0}}};

std::vector<float> ActualMax(const Case& c, const GuardedImage& gradient, const GuardedImage& input,
                             const Context& context) {
  GuardedImage g = gradient, in = input, out(c.input, c.gap + 1, c.misalign);
  MaxGradient(c.window, g.view(), in.view(), out.view(), context);
  EXPECT_TRUE(g.Intact() && in.Intact() && out.Intact());
  return out.Values();
}

std::vector<float> ActualAverage(const Case& c, bool count_padding, const GuardedImage& gradient,
                                 const Context& context) {
  GuardedImage g = gradient, out(c.input, c.gap + 1, c.misalign);
  AverageGradient(c.window, count_padding, g.view(), out.view(), context);
  EXPECT_TRUE(g.Intact() && out.Intact());
  return out.Values();
}

/// Whole numbers of few values, so that windows have ties.
GuardedImage Input(const Case& c) {
  GuardedImage input(c.input, c.gap, c.misalign);
  input.Fill(1, 3);
  const TensorView<float> view = input.view();
  for (int64_t p = 0; p < c.input.pixels(); p++)
    for (int64_t i = 0; i < c.input.c; i++)
      view.data[p * view.pixel_stride + i] = std::round(view.data[p * view.pixel_stride + i]);
  return input;
}

/// Through the winners that the forward pass notes; with `relu` behind the gradient of a ReLU, which keeps g where the
/// input is positive or no number.
std::vector<float> ActualOfWinners(const Case& c, bool relu, const GuardedImage& gradient, const GuardedImage& input,
                                   const Context& context) {
  constexpr uint8_t kGuard = 0xa5;
  GuardedImage g = gradient, in = input, out(c.input, c.gap + 1, c.misalign), largest(c.output(), c.gap, c.misalign),
               expected(c.output());
  const auto count = static_cast<size_t>(c.output().elements());
  std::vector<uint8_t> winners(count + 64, kGuard);
  MaxWithWinners(c.window, relu, in.view(), largest.view(), winners.data(), context);
  Max(c.window, in.view(), expected.view(), context);
  EXPECT_EQ(std::memcmp(largest.Values().data(), expected.Values().data(), count * sizeof(float)), 0);
  EXPECT_TRUE(std::all_of(winners.begin() + static_cast<std::ptrdiff_t>(count), winners.end(),
                          [](uint8_t byte) { return byte == kGuard; }));
  MaxGradientOfWinners(c.window, g.view(), winners.data(), out.view(), context);
  EXPECT_TRUE(g.Intact() && in.Intact() && out.Intact() && largest.Intact());
  return out.Values();
}

void ExpectWinnersGiveTheSame(const Case& c, const GuardedImage& g, const GuardedImage& input, const Context& context) {
  std::vector<float> expected = ActualMax(c, g, input, context);
  EXPECT_EQ(ActualOfWinners(c, false, g, input, context), expected) << ToString(c.input) << IsaName(context.isa());
  const std::vector<float> x = GuardedImage(input).Values();
  for (size_t i = 0; i < x.size(); i++)
    if (x[i] <= 0) expected[i] = 0;
  EXPECT_EQ(ActualOfWinners(c, true, g, input, context), expected) << ToString(c.input) << IsaName(context.isa());
}

void ExpectNear(const std::vector<float>& actual, const std::vector<double>& expected,
                const std::vector<double>& magnitudes, int terms, const Case& c, Isa isa) {
  for (size_t i = 0; i < expected.size(); i++)
    ASSERT_LE(std::abs(actual[i] - expected[i]), terms * 0x1p-24 * magnitudes[i])
        << IsaName(isa) << " " << ToString(c.input) << " -> " << ToString(c.output()) << " at " << i << ": "
        << actual[i] << " instead of " << expected[i];
}

void ExpectAgrees(const Case& c) {
  const Nhwc out = c.output();
  const GuardedImage input = Input(c);
  GuardedImage g(out, 2 * c.gap, c.misalign);
  g.Fill(2);
  const std::vector<double> x = input.Doubles(), dg = g.Doubles(), sizes = test::Magnitudes(dg);
  std::vector<double> expected(x.size()), magnitudes(x.size());
  // As many terms as windows may cover a pixel, and a division.
  const int terms = c.window.kernel.h * c.window.kernel.w + 1;
  ReferenceMaxGradient(c.window, out, dg.data(), c.input, x.data(), expected.data());
  ReferenceMaxGradient(c.window, out, sizes.data(), c.input, x.data(), magnitudes.data());
  for (Isa isa : SupportedIsas())
    ExpectNear(ActualMax(c, g, input, Context(1, isa)), expected, magnitudes, terms, c, isa);
  for (Isa isa : SupportedIsas()) ExpectWinnersGiveTheSame(c, g, input, Context(1, isa));
  for (bool count_padding : {false, true}) {
    ReferenceAverageGradient(c.window, count_padding, out, dg.data(), c.input, expected.data());
    ReferenceAverageGradient(c.window, count_padding, out, sizes.data(), c.input, magnitudes.data());
    for (Isa isa : SupportedIsas())
      ExpectNear(ActualAverage(c, count_padding, g, Context(1, isa)), expected, magnitudes, terms, c, isa);
  }
}

TEST(PoolGradientTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  int turn = 0;
  for (const Window& window : kWindows)
    for (int64_t channels = 1; channels <= 35; channels++, turn++)
      ExpectAgrees({window, {1 + turn % 2, 8 + turn % 3, 9, channels}, turn % 2 == 0, turn % 3, turn % 5});
}

TEST(PoolGradientTest, AgreesWithReferenceForEverySmallSize) {
  for (const Window& window : kWindows)
    for (int64_t h = 1; h <= 9; h++)
      for (int64_t w = 1; w <= 9; w++)
        for (bool ceil : {false, true}) {
          const Case c{window, {1, h, w, 5}, ceil};
          if (c.Fits()) ExpectAgrees(c);
        }
}

// Bands of rows meet here.
TEST(PoolGradientTest, AgreesWithReferenceForEveryHeight) {
  for (const Window& window : kWindows)
    for (int64_t h = 10; h <= 40; h++) {
      const Case c{window, {1 + h % 2, h, 4, 3}, h % 3 == 0};
      if (c.Fits()) ExpectAgrees(c);
    }
}

TEST(PoolGradientTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (const Window& window : kWindows) {
    const Case c{window, {2, 33, 31, 19}};
    const GuardedImage input = Input(c);
    GuardedImage g(c.output());
    g.Fill(1);
    test::ExpectSameForAnyThreads([&](const Context& context) {
      const std::vector<float> largest = ActualMax(c, g, input, context);
      EXPECT_EQ(largest, ActualOfWinners(c, false, g, input, context));
      return std::pair(largest, ActualAverage(c, true, g, context));
    });
  }
}

TEST(PoolGradientTest, WhoWins) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const struct {
    float values[4];
    size_t winner;
  } cases[] = {{{1, 2, 2, 1}, 1},
               {{-1, -1, -1, -1}, 0},
               {{1, kNan, 3, 2}, 1},
               {{kNan, 5, kNan, 7}, 2},
               {{kNan, 1, 2, kInfinity}, 0},
               {{-kInfinity, -kInfinity, -kInfinity, -kInfinity}, 0},
               {{-kInfinity, -5, -kInfinity, -6}, 1}};
  const Case c{{{2, 2}, {2, 2}, {}}, {1, 2, 2, 1}};
  for (const auto& of : cases)
    for (Isa isa : SupportedIsas()) {
      GuardedImage input(c.input), g(c.output());
      std::copy(of.values, of.values + 4, input.view().data);
      g.view().data[0] = 7;
      std::vector<float> expected(4, 0.0f), reference(4);
      expected[of.winner] = 7;
      EXPECT_EQ(ActualMax(c, g, input, Context(1, isa)), expected) << IsaName(isa);
      EXPECT_EQ(ActualOfWinners(c, false, g, input, Context(1, isa)), expected) << IsaName(isa);
      ReferenceMaxGradient(c.window, c.output(), g.view().data, c.input, of.values, reference.data());
      EXPECT_EQ(reference, expected);
    }
}

TEST(PoolGradientTest, TroubleReachesOnlyTheWinner) {
  const Case c{{{2, 2}, {2, 2}, {}}, {1, 2, 2, 6}};
  GuardedImage input(c.input), g(c.output());
  input.Fill(1);
  input.view().at(0, 1, 0)[3] = 9;
  g.Fill(2);
  g.view().data[3] = kNan;
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = ActualMax(c, g, input, Context(1, isa));
    for (size_t i = 0; i < actual.size(); i++) EXPECT_EQ(std::isnan(actual[i]), i == 2 * 6 + 3) << i;
  }
}

TEST(PoolGradientTest, GlobalAverageAgreesWithReference) {
  int turn = 0;
  for (int64_t h : {1, 2, 65, 300})
    for (int64_t channels = 1; channels <= 35; channels++, turn++) {
      const Nhwc in{1 + turn % 3, h, 1 + turn % 4, channels};
      GuardedImage g({in.n, 1, 1, channels}, turn % 2);
      g.Fill(1);
      std::vector<double> expected(static_cast<size_t>(in.elements()));
      ReferenceGlobalAverageGradient(in, g.Doubles().data(), expected.data());
      for (Isa isa : SupportedIsas())
        for (int threads : {1, 2, 3}) {
          GuardedImage output(in, turn % 3, turn % 4);
          GlobalAverageGradient(g.view(), output.view(), Context(threads, isa));
          ASSERT_TRUE(output.Intact());
          const std::vector<float> actual = output.Values();
          for (size_t i = 0; i < actual.size(); i++)  // a correctly rounded quotient
            ASSERT_EQ(actual[i],
                      g.view().data[static_cast<int64_t>(i) / (in.elements() / in.n) * g.view().pixel_stride +
                                    static_cast<int64_t>(i) % channels] /
                          static_cast<float>(in.h * in.w));
          for (size_t i = 0; i < actual.size(); i++)
            ASSERT_LE(std::abs(actual[i] - expected[i]), 0x1p-24 * std::abs(expected[i]));
        }
    }
}

TEST(PoolGradientTest, ReferencesAgreeWithFiniteDifferences) {
  for (const Window& window : kWindows)
    for (bool ceil : {false, true}) {
      const Case c{window, {2, 7, 6, 2}, ceil};
      const Nhwc in = c.input, out = c.output();
      // Distinct values in mixed order, further apart than the step: no window is near a tie.
      std::vector<double> x, actual(static_cast<size_t>(in.elements()));
      for (int64_t i = 0; i < in.elements(); i++) x.push_back(static_cast<double>(i * 67 % 167) * 0.01);
      const std::vector<double> g = test::UniformDoubles(out.elements(), 1);
      const auto expect = [&](const std::vector<double>& expected) {
        for (size_t i = 0; i < actual.size(); i++) EXPECT_NEAR(actual[i], expected[i], 1e-10) << i;
      };
      ReferenceMaxGradient(window, out, g.data(), in, x.data(), actual.data());
      // A window that lies outside of the image has −∞: its g is left out.
      std::vector<double> finite = g, y(g.size());
      ReferenceMax(window, in, x.data(), out, y.data());
      for (size_t i = 0; i < y.size(); i++)
        if (std::isinf(y[i])) finite[i] = 0;
      expect(test::SlopesOfSum(x, finite, 1e-3, [&](const double* from, double* to) {
        ReferenceMax(window, in, from, out, to);
        for (size_t i = 0; i < y.size(); i++)
          if (std::isinf(to[i])) to[i] = 0;
      }));
      for (bool count_padding : {false, true}) {
        ReferenceAverageGradient(window, count_padding, out, g.data(), in, actual.data());
        expect(test::SlopesOfSum(x, g, 1e-3, [&](const double* from, double* to) {
          ReferenceAverage(window, count_padding, in, from, out, to);
        }));
      }
      const std::vector<double> means(g.begin(), g.begin() + 4);
      ReferenceGlobalAverageGradient(in, means.data(), actual.data());
      expect(test::SlopesOfSum(x, means, 1e-3,
                               [&](const double* from, double* to) { ReferenceGlobalAverage(in, from, to); }));
    }
}

}  // namespace
}  // namespace fcn::pool
