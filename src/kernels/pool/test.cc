#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/pool/pool.h"
#include "kernels/pool/reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"

namespace fcn::pool {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
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
};

const Window kWindows[] = {{{2, 2}, {2, 2}, {}},           {{3, 3}, {2, 2}, {}},
                           {{3, 3}, {2, 2}, {1, 1, 1, 1}}, {{3, 3}, {1, 1}, {1, 1, 1, 1}},
                           {{2, 3}, {3, 2}, {1, 0, 2, 1}}, {{1, 1}, {2, 2}, {}},
                           {{5, 4}, {1, 3}, {2, 4, 0, 3}}};

bool Fits(const Case& c) {
  const Padding& p = c.window.padding;
  return c.input.h + p.top + p.bottom >= c.window.kernel.h && c.input.w + p.left + p.right >= c.window.kernel.w;
}

std::vector<float> ActualMax(const Case& c, const GuardedImage& input, const Context& context) {
  GuardedImage in = input, out(c.output(), c.gap + 1, c.misalign);
  Max(c.window, in.view(), out.view(), context);
  EXPECT_TRUE(in.Intact() && out.Intact());
  return out.Values();
}

std::vector<float> ActualAverage(const Case& c, bool count_padding, const GuardedImage& input, const Context& context) {
  GuardedImage in = input, out(c.output(), c.gap + 1, c.misalign);
  Average(c.window, count_padding, in.view(), out.view(), context);
  EXPECT_TRUE(in.Intact() && out.Intact());
  return out.Values();
}

void ExpectAgrees(const Case& c) {
  GuardedImage input(c.input, c.gap, c.misalign);
  input.Fill(1);
  const std::vector<double> doubles = input.Doubles(), magnitudes = test::Magnitudes(doubles);
  std::vector<double> largest(static_cast<size_t>(c.output().elements()));
  ReferenceMax(c.window, c.input, doubles.data(), c.output(), largest.data());
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = ActualMax(c, input, Context(1, isa));
    ASSERT_EQ(largest, std::vector<double>(actual.begin(), actual.end())) << IsaName(isa) << ToString(c.input);
  }
  for (bool count_padding : {false, true}) {
    std::vector<double> mean(largest.size()), bound(largest.size());
    ReferenceAverage(c.window, count_padding, c.input, doubles.data(), c.output(), mean.data());
    ReferenceAverage(c.window, count_padding, c.input, magnitudes.data(), c.output(), bound.data());
    // A sum of k terms and a division: k roundings of the sum of magnitudes.
    const double roundings = (c.window.kernel.h * c.window.kernel.w + 1) * 0x1p-24;
    for (Isa isa : SupportedIsas()) {
      const std::vector<float> actual = ActualAverage(c, count_padding, input, Context(1, isa));
      for (size_t i = 0; i < mean.size(); i++)
        ASSERT_LE(std::abs(actual[i] - mean[i]), roundings * bound[i])
            << IsaName(isa) << " " << ToString(c.input) << " -> " << ToString(c.output()) << " at " << i << ": "
            << actual[i] << " instead of " << mean[i];
    }
  }
}

TEST(PoolTest, AgreesWithReferenceForEveryRemainderOfChannels) {
  int turn = 0;
  for (const Window& window : kWindows)
    for (int64_t channels = 1; channels <= 35; channels++, turn++)
      ExpectAgrees({window, {1 + turn % 2, 8 + turn % 3, 9, channels}, turn % 2 == 0, turn % 3, turn % 5});
}

TEST(PoolTest, AgreesWithReferenceForEverySmallSize) {
  for (const Window& window : kWindows)
    for (int64_t h = 1; h <= 9; h++)
      for (int64_t w = 1; w <= 9; w++)
        for (bool ceil : {false, true}) {
          const Case c{window, {1, h, w, 5}, ceil};
          if (Fits(c)) ExpectAgrees(c);
        }
}

TEST(PoolTest, GivesTheSameBytesForAnyNumberOfThreads) {
  for (const Window& window : kWindows) {
    const Case c{window, {2, 33, 31, 19}};
    GuardedImage input(c.input);
    input.Fill(1);
    test::ExpectSameForAnyThreads([&](const Context& context) {
      return std::pair(ActualMax(c, input, context), ActualAverage(c, true, input, context));
    });
  }
}

TEST(PoolTest, PaddingNeverWins) {
  const Case c{{{3, 3}, {1, 1}, {1, 1, 1, 1}}, {1, 2, 2, 7}};
  GuardedImage input(c.input);
  for (int64_t i = 0; i < c.input.elements(); i++) input.view().data[i] = -2.0f - static_cast<float>(i);
  for (Isa isa : SupportedIsas())
    for (float v : ActualMax(c, input, Context(1, isa))) EXPECT_LE(v, -2.0f);
}

TEST(PoolTest, MaxTellsOfNan) {
  // Wherever in the window it lies: first, between, last.
  for (int64_t place = 0; place < 4; place++)
    for (Isa isa : SupportedIsas()) {
      const Case c{{{2, 2}, {2, 2}, {}}, {1, 2, 2, 6}};
      GuardedImage input(c.input);
      input.Fill(1);
      input.view().at(0, place / 2, place % 2)[4] = kNan;
      const std::vector<float> actual = ActualMax(c, input, Context(1, isa));
      for (size_t i = 0; i < 6; i++) EXPECT_EQ(std::isnan(actual[i]), i == 4) << IsaName(isa) << " " << place;
    }
}

TEST(PoolTest, WindowOutsideOfTheImage) {
  // In ceil mode the last window may hold nothing but padding.
  const Window window{{1, 1}, {2, 2}, {0, 1, 0, 1}};
  const Context context(1);
  GuardedImage input({1, 2, 2, 3}), output({1, 2, 2, 3});
  input.Fill(1);
  Max(window, input.view(), output.view(), context);
  EXPECT_EQ(output.view().at(0, 1, 1)[0], -kInfinity);
  Average(window, false, input.view(), output.view(), context);
  EXPECT_EQ(output.view().at(0, 1, 1)[0], 0.0f);
}

TEST(PoolTest, GlobalAverageAgreesWithReference) {
  int turn = 0;
  for (int64_t pixels : {1, 2, 63, 64, 65, 128, 1000, 4097})
    for (int64_t channels = 1; channels <= 35; channels += 2, turn++) {
      const Nhwc shape{1 + turn % 3, pixels, 1 + turn % 2, channels};
      GuardedImage input(shape, turn % 3, turn % 5);
      input.Fill(1);
      const Nhwc out{shape.n, 1, 1, channels};
      std::vector<double> mean(static_cast<size_t>(out.elements())), bound(mean.size());
      ReferenceGlobalAverage(shape, input.Doubles().data(), mean.data());
      ReferenceGlobalAverage(shape, test::Magnitudes(input.Doubles()).data(), bound.data());
      // A term goes through the sum of its block and the sum of the blocks.
      const int64_t blocks = shape.h * shape.w / kGlobalAveragePixels + 1;
      const auto terms = static_cast<double>(kGlobalAveragePixels + blocks + 1);
      for (Isa isa : SupportedIsas()) {
        std::vector<float> first;
        for (int threads : {1, 2, 3}) {
          GuardedFloats scratch(GlobalAverageScratchFloats(shape));
          GuardedImage output(out, turn % 2, turn % 4);
          GlobalAverage(input.view(), output.view(), scratch.data(), Context(threads, isa));
          ASSERT_TRUE(input.Intact() && output.Intact() && scratch.Intact());
          const std::vector<float> actual = output.Values();
          for (size_t i = 0; i < mean.size(); i++)
            ASSERT_LE(std::abs(actual[i] - mean[i]), terms * 0x1p-24 * bound[i]) << IsaName(isa) << ToString(shape);
          if (threads == 1) first = actual;
          EXPECT_EQ(first, actual);
        }
      }
    }
}

}  // namespace
}  // namespace fcn::pool
