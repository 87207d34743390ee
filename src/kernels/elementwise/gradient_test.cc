#include "kernels/elementwise/gradient.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/elementwise/gradient_reference.h"
#include "kernels/elementwise/reference.h"
#include "support/expect_error.h"
#include "support/guarded_image.h"
#include "support/slopes.h"
#include "tensor/random.h"

namespace fcn::elementwise {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr Activation kActivations[] = {Activation::kNone, Activation::kRelu, Activation::kRelu6};

/// Every remainder of channels, and some with several tasks.
std::vector<Nhwc> Shapes() {
  std::vector<Nhwc> shapes{{1, 1, 1, 1}, {1, 1, 1, 1000}, {2, 1, 5000, 3}, {1, 40, 41, 21}, {2, 20, 21, 67}};
  for (int64_t channels = 1; channels <= 35; channels++)
    shapes.push_back({1 + channels % 2, 3, 1 + channels % 5, channels});
  return shapes;
}

/// What an operation under test gives on each instruction set, with and without gaps, apart from its inputs and in each
/// one's place; the same with 1, 2 and 3 threads. `check` is told the two inputs and the result.
void ForResults(const std::function<void(GuardedImage& a, GuardedImage& b, GuardedImage& out, const Context&)>& run,
                const std::function<void(const Nhwc&, const GuardedImage& a, const GuardedImage& b,
                                         const std::vector<float>&)>& check) {
  int turn = 0;
  for (const Nhwc& shape : Shapes())
    for (int64_t gap : {0, 3})
      for (int place : {0, 1, 2}) {
        turn++;
        GuardedImage a(shape, gap, turn % 5), b(shape, turn % 2 * gap, turn % 3);
        a.Fill(1, 8);
        b.Fill(2, 8);
        for (Isa isa : SupportedIsas()) {
          std::vector<float> first;
          for (int threads : {1, 2, 3}) {
            GuardedImage left = a, right = b, apart(shape, 2 * gap, turn % 4);
            GuardedImage& out = place == 0 ? apart : place == 1 ? left : right;
            run(left, right, out, Context(threads, isa));
            ASSERT_TRUE(left.Intact() && right.Intact() && out.Intact());
            const std::vector<float> actual = out.Values();
            if (threads == 1) {
              first = actual;
              ASSERT_NO_FATAL_FAILURE(check(shape, a, b, actual)) << IsaName(isa) << " " << ToString(shape);
            }
            ASSERT_EQ(first, actual);
          }
        }
      }
}

TEST(ElementwiseGradientTest, ActivationAgreesWithReference) {
  for (Activation activation : kEveryActivation)
    ForResults(
        [=](auto& g, auto& y, auto& out, const Context& context) {
          const std::vector<float> slopes = TestSlopes(activation, g.view().shape.c);
          ActivationGradient(activation, g.view(), y.view(), out.view(), context,
                             slopes.empty() ? nullptr : slopes.data());
        },
        [=](const Nhwc& shape, const GuardedImage& g, const GuardedImage& y, const std::vector<float>& actual) {
          const std::vector<float> gs = g.Values(), ys = y.Values();
          for (size_t i = 0; i < actual.size(); i++) {
            const double slope = TestSlope(static_cast<int64_t>(i) % shape.c);
            ASSERT_NEAR(actual[i], ReferenceActivationGradient<double>(activation, gs[i], ys[i], slope),
                        8 * 0x1p-24 * (1 + ys[i] * ys[i]) * std::abs(gs[i]));
          }
        });
}

TEST(ElementwiseGradientTest, ActivationAtItsEnds) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{-kInfinity, -0.0f, 0.0f, 0x1p-120f, 5.999f, 6.0f, kInfinity, kNan};
  const std::vector<float> expected[] = {{1, 1, 1, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 0, 0, 1}};
  for (Isa isa : SupportedIsas())
    for (size_t i = 0; i < 3; i++) {
      GuardedImage y({1, 1, 1, 8}), g({1, 1, 1, 8});
      std::copy(values.begin(), values.end(), y.view().data);
      std::fill(g.view().data, g.view().data + 8, 1.0f);
      ActivationGradient(kActivations[i], g.view(), y.view(), g.view(), Context(1, isa));
      EXPECT_EQ(g.Values(), expected[i]) << IsaName(isa);
    }
}

TEST(ElementwiseGradientTest, ClampedTroubleIsGone) {
  GuardedImage y({1, 1, 1, 2}), g({1, 1, 1, 2});  // g is NaN
  y.view().data[0] = 0;
  y.view().data[1] = 1;
  for (Isa isa : SupportedIsas()) {
    GuardedImage out({1, 1, 1, 2});
    ActivationGradient(Activation::kRelu, g.view(), y.view(), out.view(), Context(1, isa));
    EXPECT_EQ(out.Values()[0], 0.0f);
    EXPECT_TRUE(std::isnan(out.Values()[1]));
  }
}

TEST(ElementwiseGradientTest, SoftmaxAgreesWithReference) {
  ForResults([](auto& g, auto& y, auto& out,
                const Context& context) { SoftmaxGradient(g.view(), y.view(), out.view(), context); },
             [](const Nhwc& shape, const GuardedImage& g, const GuardedImage& y, const std::vector<float>& actual) {
               const std::vector<double> gs = g.Doubles(), ys = y.Doubles();
               const auto channels = static_cast<size_t>(shape.c);
               std::vector<double> expected(channels);
               for (size_t p = 0; p < actual.size(); p += channels) {
                 ReferenceSoftmaxGradient(shape.c, &gs[p], &ys[p], expected.data());
                 double size = 0;
                 for (size_t c = 0; c < channels; c++) size += std::abs(gs[p + c] * ys[p + c]);
                 for (size_t c = 0; c < channels; c++)  // a sum over the channels, a difference and a product
                   ASSERT_LE(std::abs(actual[p + c] - expected[c]), (static_cast<double>(channels) + 3) * 0x1p-24 *
                                                                        std::abs(ys[p + c]) *
                                                                        (size + std::abs(gs[p + c])));
               }
             });
}

/// Sums over the pixels of every shape, against their reference (shape, a, b, sums), which also bounds their errors.
void ExpectSums(
    const std::function<void(GuardedImage& a, GuardedImage& b, float* sums, float* scratch, const Context&)>& run,
    void (*reference)(const Nhwc&, const double* a, const double* b, double* sums), bool by_image = false) {
  std::vector<Nhwc> shapes = Shapes();
  for (int64_t pixels : {255, 256, 257, 1000}) shapes.push_back({1, 1, pixels, 5});
  for (const Nhwc& shape : shapes)
    for (int64_t gap : {0, 3}) {
      GuardedImage a(shape, gap, static_cast<int>(shape.c % 5)), b(shape, 2 * gap);
      a.Fill(1);
      b.Fill(2);
      std::vector<double> expected(static_cast<size_t>(by_image ? shape.n * shape.c : shape.c));
      std::vector<double> magnitudes(expected.size());
      reference(shape, a.Doubles().data(), b.Doubles().data(), expected.data());
      std::vector<double> below = test::Magnitudes(b.Doubles());
      for (double& value : below) value = -value;
      reference(shape, test::Magnitudes(a.Doubles()).data(), below.data(), magnitudes.data());
      for (Isa isa : SupportedIsas()) {
        std::vector<float> first;
        for (int threads : {1, 2, 3}) {
          GuardedFloats sums(static_cast<int64_t>(expected.size()), 1);
          GuardedFloats scratch(by_image ? ProductSumsScratchFloats(shape) : ChannelSumsScratchFloats(shape));
          run(a, b, sums.data(), scratch.data(), Context(threads, isa));
          ASSERT_TRUE(a.Intact() && b.Intact() && sums.Intact() && scratch.Intact());
          const std::vector<float> actual(sums.data(), sums.data() + sums.size());
          if (threads == 1) first = actual;
          ASSERT_EQ(first, actual);
          for (size_t c = 0; c < actual.size(); c++)  // sums of 256 terms
            ASSERT_LE(std::abs(actual[c] - expected[c]), 258 * 0x1p-24 * std::abs(magnitudes[c])) << ToString(shape);
        }
      }
    }
}

TEST(ElementwiseGradientTest, ChannelSumsAgreeWithReference) {
  ExpectSums(
      [](auto& a, auto&, float* sums, float* scratch, const Context& context) {
        ChannelSums(a.view(), sums, scratch, context);
      },
      [](const Nhwc& shape, const double* a, const double*, double* sums) { ReferenceChannelSums(shape, a, sums); });
}

TEST(ElementwiseGradientTest, SlopeGradientAgreesWithReference) {
  ExpectSums([](auto& g, auto& x, float* sums, float* scratch,
                const Context& context) { SlopeGradient(g.view(), x.view(), sums, scratch, context); },
             ReferenceSlopeGradient<double>);
}

TEST(ElementwiseGradientTest, ProductSumsAgreeWithReference) {
  ExpectSums([](auto& a, auto& b, float* sums, float* scratch,
                const Context& context) { ProductSums(a.view(), b.view(), sums, scratch, context); },
             ReferenceProductSums<double>, true);
}

TEST(ElementwiseGradientTest, CropPutsAWindowBetweenZeros) {
  const Nhwc out{2, 7, 9, 5};
  for (const Nhwc& in : {Nhwc{2, 4, 3, 5}, out})
    for (int64_t gap : {0, 1})
      for (int64_t top = 0; top <= out.h - in.h; top++)
        for (int64_t left = 0; left <= out.w - in.w; left++) {
          GuardedImage g(in, gap), output(out, 2 * gap);
          g.Fill(1);
          CropGradient(g.view(), top, left, output.view(), Context(2));
          ASSERT_TRUE(output.Intact());
          for (int64_t n = 0; n < out.n; n++)
            for (int64_t y = 0; y < out.h; y++)
              for (int64_t x = 0; x < out.w; x++)
                for (int64_t c = 0; c < out.c; c++) {
                  const bool inside = y >= top && y < top + in.h && x >= left && x < left + in.w;
                  ASSERT_EQ(output.view().at(n, y, x)[c], inside ? g.view().at(n, y - top, x - left)[c] : 0.0f);
                }
        }
}

TEST(ElementwiseGradientTest, DropoutDropsByTheBits) {
  const float rate = 0.3f;
  const uint64_t seed = 42;
  const auto threshold = static_cast<uint64_t>(std::ldexp(static_cast<double>(rate), 64));
  ForResults(
      [=](auto& in, auto&, auto& out, const Context& context) { Dropout(in.view(), seed, rate, out.view(), context); },
      [=](const Nhwc&, const GuardedImage& in, const GuardedImage&, const std::vector<float>& actual) {
        const std::vector<float> values = in.Values();
        for (size_t i = 0; i < actual.size(); i++)
          ASSERT_EQ(actual[i], RandomBits(seed, i) < threshold ? 0.0f : values[i] / (1 - rate));
      });
}

TEST(ElementwiseGradientTest, DropoutKeepsTheMean) {
  const Nhwc shape{1, 100, 100, 10};
  GuardedImage ones(shape);
  std::fill(ones.view().data, ones.view().data + shape.elements(), 1.0f);
  for (float rate : {0.0f, 0.2f, 0.5f, 0.9f}) {
    GuardedImage out(shape), other(shape);
    Dropout(ones.view(), 1, rate, out.view(), Context(2));
    Dropout(ones.view(), 2, rate, other.view(), Context(2));
    const std::vector<float> values = out.Values();
    double mean = 0;
    for (float v : values) mean += v / static_cast<double>(values.size());
    // Five standard deviations of the mean of 10⁵ values that are 1 / (1 − rate) with probability 1 − rate.
    EXPECT_NEAR(mean, 1, 5 * std::sqrt(rate / (1 - rate) / static_cast<double>(values.size())) + 1e-6) << rate;
    EXPECT_EQ(values == other.Values(), rate == 0);
  }
}

TEST(ElementwiseGradientTest, DropoutDropsTroubleToo) {
  GuardedImage nan({1, 1, 100, 10});
  Dropout(nan.view(), 1, 0.5f, nan.view(), Context(1));
  int zeros = 0;
  for (float v : nan.Values()) zeros += v == 0 ? 1 : 0;
  EXPECT_GT(zeros, 400);
  EXPECT_LT(zeros, 600);
}

TEST(ElementwiseGradientTest, DropoutRefusesToDropAll) {
  GuardedImage image({1, 1, 1, 1});
  for (float rate : {-0.1f, 1.0f, kNan})
    EXPECT_THROW(Dropout(image.view(), 1, rate, image.view(), Context(1)), Error) << rate;
}

constexpr double kStep = 1e-5;

TEST(ElementwiseGradientTest, ReferencesAgreeWithFiniteDifferences) {
  constexpr int64_t kCount = 60, kChannels = 6;
  constexpr double kSlope = 0.3;
  std::vector<double> x = test::UniformDoubles(kCount, 1, 9), gradient(kCount);
  const std::vector<double> g = test::UniformDoubles(kCount, 2);
  for (Activation activation : kEveryActivation) {
    const auto differences = test::SlopesOfSum(x, g, kStep, [=](const double* from, double* to) {
      for (int64_t i = 0; i < kCount; i++) to[i] = ReferenceActivation(from[i], activation, kSlope);
    });
    int compared = 0;
    for (size_t i = 0; i < x.size(); i++) {
      const auto is_near = [&](double kink) { return std::abs(x[i] - kink) < 1e-3; };
      if (is_near(0) || is_near(6) || is_near(-3) || is_near(3)) continue;
      compared++;
      const double at = DerivativeReadsInput(activation) ? x[i] : ReferenceActivation(x[i], activation);
      EXPECT_NEAR(ReferenceActivationGradient(activation, g[i], at, kSlope), differences[i], 1e-7);
    }
    EXPECT_GT(compared, kCount / 2);
  }
  for (double& value : x) value /= 4;
  std::vector<double> y(kCount);
  for (int64_t p = 0; p < kCount; p += kChannels) {
    ReferenceSoftmax(kChannels, &x[static_cast<size_t>(p)], &y[static_cast<size_t>(p)]);
    ReferenceSoftmaxGradient(kChannels, &g[static_cast<size_t>(p)], &y[static_cast<size_t>(p)],
                             &gradient[static_cast<size_t>(p)]);
  }
  const auto differences = test::SlopesOfSum(x, g, kStep, [=](const double* from, double* to) {
    for (int64_t p = 0; p < kCount; p += kChannels) ReferenceSoftmax(kChannels, from + p, to + p);
  });
  for (size_t i = 0; i < x.size(); i++) EXPECT_NEAR(gradient[i], differences[i], 1e-9) << i;
  // y = x + b for a bias b: the gradient by b is a sum over pixels.
  const Nhwc shape{2, 5, 1, kChannels};
  std::vector<double> sums(kChannels);
  ReferenceChannelSums(shape, g.data(), sums.data());
  const auto by_bias = test::SlopesOfSum(std::vector<double>(kChannels), g, kStep, [&](const double* bias, double* to) {
    for (int64_t i = 0; i < kCount; i++) to[i] = x[static_cast<size_t>(i)] + bias[i % kChannels];
  });
  for (size_t c = 0; c < sums.size(); c++) EXPECT_NEAR(sums[c], by_bias[c], 1e-9);
  // y = x · f for a factor f of each image and channel.
  std::vector<double> products(2 * kChannels);
  ReferenceProductSums(shape, g.data(), x.data(), products.data());
  const auto by_factor =
      test::SlopesOfSum(std::vector<double>(2 * kChannels), g, kStep, [&](const double* factors, double* to) {
        for (int64_t i = 0; i < kCount; i++)
          to[i] = x[static_cast<size_t>(i)] * factors[i / (kCount / 2) * kChannels + i % kChannels];
      });
  for (size_t i = 0; i < products.size(); i++) EXPECT_NEAR(products[i], by_factor[i], 1e-9);
  // And by the slopes of a leaky ReLU.
  ReferenceSlopeGradient(shape, g.data(), x.data(), sums.data());
  const auto by_slope =
      test::SlopesOfSum(std::vector<double>(kChannels, kSlope), g, kStep, [&](const double* slopes, double* to) {
        for (int64_t i = 0; i < kCount; i++)
          to[i] = ReferenceActivation(x[static_cast<size_t>(i)], Activation::kLeakyRelu, slopes[i % kChannels]);
      });
  for (size_t c = 0; c < sums.size(); c++) EXPECT_NEAR(sums[c], by_slope[c], 1e-9);
}

}  // namespace
}  // namespace fcn::elementwise
