#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm/reference.h"
#include "support/every_isa.h"
#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::batch_norm {
namespace {

using test::GuardedFloats;
using test::GuardedImage;
using test::SlopesOfSum;
using test::UniformDoubles;

constexpr float kEpsilon = 1e-3f;
constexpr double kUnit = 0x1p-24;

GuardedFloats Row(int64_t count, uint64_t seed) {
  GuardedFloats row(count, static_cast<int>(seed % 3));
  test::FillUniform(row.data(), count, seed);
  return row;
}

/// A batch and all that belongs to it; `mean` and `reach` are those of x.
struct Case {
  Nhwc shape;
  int64_t gap = 0;
  int misalign = 0;
  float mean = 0, reach = 1;

  GuardedImage X() const {
    GuardedImage x(shape, gap, misalign);
    x.Fill(1, reach);
    for (int64_t p = 0; p < shape.pixels(); p++)
      for (int64_t c = 0; c < shape.c; c++) x.view().data[p * (shape.c + gap) + c] += mean;
    return x;
  }
  GuardedImage G() const {
    GuardedImage g(shape, 2 * gap, 1);
    g.Fill(2);
    return g;
  }
};

std::vector<Case> Cases() {
  std::vector<Case> cases{{{1, 1, 1, 3}},  {{1, 1, 255, 5}}, {{1, 256, 1, 5}},    {{1, 257, 1, 5}},
                          {{1, 1, 15, 5}}, {{1, 1, 17, 5}},  {{2, 30, 41, 96}, 3}};
  for (int64_t channels = 1; channels <= 67; channels++)
    cases.push_back({{1 + channels % 2, 9, 7 + channels % 3, channels}, channels % 4, static_cast<int>(channels % 5)});
  cases.push_back({{1, 3, 3, 1000}, 1, 1});
  for (float mean : {-3.0f, 100.0f, 10000.0f}) cases.push_back({{2, 20, 20, 19}, 0, 0, mean, 0.5f});
  return cases;
}

/// Runs on every instruction set with 1, 2 and 3 threads, expects the same bytes of these and gives one result of each.
std::vector<std::vector<float>> OfEveryIsa(const std::function<std::vector<float>(const Context&)>& run) {
  std::vector<std::vector<float>> results;
  for (Isa isa : SupportedIsas()) results.push_back(test::ExpectSameForAnyThreads(isa, run));
  return results;
}

std::vector<float> ActualMoments(const GuardedImage& input, const Context& context) {
  GuardedImage x = input;
  const Nhwc& shape = x.view().shape;
  GuardedFloats moments(2 * shape.c, 1), scratch(ScratchFloats(shape));
  Moments(x.view(), moments.data(), scratch.data(), context);
  EXPECT_TRUE(x.Intact() && moments.Intact() && scratch.Intact());
  return moments.Values();
}

TEST(BatchNormTest, MomentsAgreeWithReference) {
  for (const Case& c : Cases()) {
    const GuardedImage x = c.X();
    std::vector<double> expected(static_cast<size_t>(2 * c.shape.c));
    ReferenceMoments(c.shape, x.Doubles().data(), expected.data());
    const double largest = std::abs(c.mean) + c.reach;
    for (const auto& actual : OfEveryIsa([&](const Context& context) { return ActualMoments(x, context); }))
      for (size_t i = 0; i < actual.size(); i++) {
        // A block's mean is rounded twice at its size, the whole one again. What the means are off by enters the
        // variance squared, and times twice the differences between blocks, which are below a deviation. The sums of
        // 256 squares are up to sixteen times as large as what is left of them.
        const double off = 2 * kUnit * largest;
        const double bound = i < static_cast<size_t>(c.shape.c)
                                 ? 2 * off
                                 : 16 * 260 * kUnit * expected[i] + 2 * off * std::sqrt(expected[i]) + 4 * off * off;
        ASSERT_LE(std::abs(actual[i] - expected[i]), bound) << ToString(c.shape) << " mean " << c.mean << " at " << i;
      }
  }
}

// The pixels that the deviations are taken from may be the least typical ones.
TEST(BatchNormTest, MomentsOfABrightBorder) {
  GuardedImage x({1, 32, 16, 5});
  x.Fill(1, 0.01f);
  for (int64_t p = 0; p < 16; p++)
    for (int64_t c = 0; c < 5; c++) x.view().data[p * 5 + c] += 1000;
  std::vector<double> expected(10);
  ReferenceMoments(x.view().shape, x.Doubles().data(), expected.data());
  for (const auto& actual : OfEveryIsa([&](const Context& context) { return ActualMoments(x, context); }))
    for (size_t i = 0; i < actual.size(); i++) EXPECT_NEAR(actual[i], expected[i], 16 * 260 * kUnit * expected[i]) << i;
}

TEST(BatchNormTest, MomentsOfAConstantAreExact) {
  for (float value : {0.0f, 0.1f, -1e6f}) {
    GuardedImage x({2, 17, 13, 6});
    std::fill(x.view().data, x.view().data + x.view().shape.elements(), value);
    for (const auto& actual : OfEveryIsa([&](const Context& context) { return ActualMoments(x, context); }))
      for (size_t c = 0; c < 6; c++) {
        EXPECT_EQ(actual[c], value);
        EXPECT_EQ(actual[6 + c], 0.0f);
      }
  }
}

TEST(BatchNormTest, MomentsTellOfNan) {
  GuardedImage x({2, 17, 13, 6});
  x.Fill(1);
  x.view().at(1, 3, 4)[2] = std::numeric_limits<float>::quiet_NaN();
  for (Isa isa : SupportedIsas()) {
    const std::vector<float> actual = ActualMoments(x, Context(2, isa));
    for (size_t i = 0; i < 12; i++) EXPECT_EQ(std::isnan(actual[i]), i % 6 == 2) << IsaName(isa);
  }
}

TEST(BatchNormTest, NormaliseAgreesWithReference) {
  for (const Case& c : Cases())
    for (Activation activation : {Activation::kNone, Activation::kRelu, Activation::kRelu6})
      for (bool in_place : {false, true}) {
        const GuardedImage x = c.X();
        const GuardedFloats weight = Row(c.shape.c, 3), bias = Row(c.shape.c, 4);
        GuardedFloats moments(2 * c.shape.c, 1);
        const std::vector<float> of_x = ActualMoments(x, Context(1));
        std::copy(of_x.begin(), of_x.end(), moments.data());
        const std::vector<double> doubles = x.Doubles(), rows = moments.Doubles();
        std::vector<double> expected(doubles.size());
        ReferenceNormalise<double>(c.shape, doubles.data(), rows.data(), weight.Doubles().data(), bias.Doubles().data(),
                                   kEpsilon, expected.data());
        for (const auto& actual : OfEveryIsa([&](const Context& context) {
               GuardedImage input = x, apart(c.shape, 1, 2);
               GuardedImage& output = in_place ? input : apart;
               Normalise(input.view(), moments.data(), weight.data(), bias.data(), kEpsilon, activation, output.view(),
                         context);
               EXPECT_TRUE(input.Intact() && output.Intact() && moments.Intact());
               return output.Values();
             }))
          for (size_t i = 0; i < actual.size(); i++) {
            double y = expected[i];
            if (activation != Activation::kNone) y = std::max(0.0, y);
            if (activation == Activation::kRelu6) y = std::min(6.0, y);
            // The factor, the difference to the mean, the product and the sum are each rounded once.
            ASSERT_LE(std::abs(actual[i] - y), 4 * kUnit * (std::abs(expected[i]) + 2)) << ToString(c.shape);
          }
      }
}

struct Sizes {
  std::vector<double> sums, magnitudes;
};

/// What Sums should give, and the sums of the terms' magnitudes.
Sizes ExpectedSums(const Case& c, const std::vector<double>& g, const std::vector<double>& x,
                   const std::vector<double>& moments) {
  const auto channels = static_cast<size_t>(c.shape.c);
  Sizes sizes{std::vector<double>(2 * channels), std::vector<double>(2 * channels)};
  ReferenceSums<double>(c.shape, g.data(), x.data(), moments.data(), kEpsilon, sizes.sums.data());
  for (size_t i = 0; i < g.size(); i++) {
    const size_t channel = i % channels;
    sizes.magnitudes[channel] += std::abs(g[i]);
    sizes.magnitudes[channels + channel] +=
        std::abs(g[i] * ReferenceNormalised<double>(x[i], c.shape, moments.data(), kEpsilon, i % channels));
  }
  return sizes;
}

TEST(BatchNormTest, SumsAgreeWithReference) {
  for (const Case& c : Cases()) {
    const GuardedImage x = c.X(), g = c.G();
    GuardedFloats moments(2 * c.shape.c);
    const std::vector<float> of_x = ActualMoments(x, Context(1));
    std::copy(of_x.begin(), of_x.end(), moments.data());
    const Sizes expected = ExpectedSums(c, g.Doubles(), x.Doubles(), moments.Doubles());
    for (const auto& actual : OfEveryIsa([&](const Context& context) {
           GuardedImage gradient = g, input = x;
           GuardedFloats sums(2 * c.shape.c, 2), scratch(ScratchFloats(c.shape));
           Sums(gradient.view(), input.view(), moments.data(), kEpsilon, {}, sums.data(), scratch.data(), context);
           EXPECT_TRUE(gradient.Intact() && input.Intact() && sums.Intact() && scratch.Intact() && moments.Intact());
           return sums.Values();
         }))
      for (size_t i = 0; i < actual.size(); i++)  // sums of 256 terms
        ASSERT_LE(std::abs(actual[i] - expected.sums[i]), 260 * kUnit * expected.magnitudes[i]) << ToString(c.shape);
  }
}

TEST(BatchNormTest, GradientAgreesWithReference) {
  for (const Case& c : Cases())
    for (bool in_place : {false, true}) {
      const GuardedImage x = c.X(), g = c.G();
      const GuardedFloats weight = Row(c.shape.c, 3);
      GuardedFloats moments(2 * c.shape.c), sums = Row(2 * c.shape.c, 5);
      const std::vector<float> of_x = ActualMoments(x, Context(1));
      std::copy(of_x.begin(), of_x.end(), moments.data());
      const std::vector<double> row = moments.Doubles(), dx = x.Doubles(), dg = g.Doubles();
      std::vector<double> expected(dx.size());
      ReferenceGradient<double>(c.shape, dg.data(), dx.data(), row.data(), sums.Doubles().data(),
                                weight.Doubles().data(), kEpsilon, expected.data());
      for (const auto& actual : OfEveryIsa([&](const Context& context) {
             GuardedImage gradient = g, input = x, apart(c.shape, 1, 2);
             GuardedImage& output = in_place ? gradient : apart;
             Gradient(gradient.view(), input.view(), moments.data(), sums.data(), weight.data(), kEpsilon, {},
                      output.view(), context);
             EXPECT_TRUE(gradient.Intact() && input.Intact() && output.Intact() && sums.Intact() && moments.Intact());
             return output.Values();
           }))
        for (size_t i = 0; i < actual.size(); i++) {
          // Three products of rounded factors, and their sum: each of the three terms is off by four roundings at most.
          const auto channel = static_cast<int64_t>(i) % c.shape.c;
          const double factor = 1 / std::sqrt(row[static_cast<size_t>(c.shape.c + channel)] + kEpsilon);
          const double normalised = ReferenceNormalised<double>(dx[i], c.shape, row.data(), kEpsilon, channel);
          const double size = factor * (std::abs(dg[i]) + 1 + std::abs(normalised));
          ASSERT_LE(std::abs(actual[i] - expected[i]), 6 * kUnit * size) << ToString(c.shape) << " at " << i;
        }
    }
}

// To the last bit what a gradient that was masked beforehand gives.
TEST(BatchNormTest, AMaskIsTheActivationsGradient) {
  for (const Case& c : Cases())
    for (Activation activation : {Activation::kRelu, Activation::kRelu6}) {
      const GuardedImage x = c.X(), g = c.G();
      GuardedFloats weight = Row(c.shape.c, 3), bias = Row(c.shape.c, 4), moments(2 * c.shape.c);
      for (int64_t i = 0; i < c.shape.c; i++) weight.data()[i] *= 6, bias.data()[i] += 1;  // some values pass 6
      const std::vector<float> of_x = ActualMoments(x, Context(1));
      std::copy(of_x.begin(), of_x.end(), moments.data());
      const Mask mask{activation, weight.data(), bias.data()};
      OfEveryIsa([&](const Context& context) {
        GuardedImage input = x, gradient = g, y(c.shape), masked = g, out(c.shape), expected(c.shape);
        Normalise(input.view(), moments.data(), weight.data(), bias.data(), kEpsilon, activation, y.view(), context);
        for (int64_t p = 0; p < c.shape.pixels(); p++)
          for (int64_t i = 0; i < c.shape.c; i++) {
            const float value = y.view().data[p * y.view().pixel_stride + i];
            if (!(value > 0) || (activation == Activation::kRelu6 && !(value < 6)))
              masked.view().data[p * masked.view().pixel_stride + i] = 0;
          }
        GuardedFloats sums(2 * c.shape.c), expected_sums(2 * c.shape.c), scratch(ScratchFloats(c.shape));
        Sums(masked.view(), input.view(), moments.data(), kEpsilon, {}, expected_sums.data(), scratch.data(), context);
        Sums(gradient.view(), input.view(), moments.data(), kEpsilon, mask, sums.data(), scratch.data(), context);
        EXPECT_EQ(sums.Values(), expected_sums.Values()) << ToString(c.shape);
        Gradient(masked.view(), input.view(), moments.data(), sums.data(), weight.data(), kEpsilon, {}, expected.view(),
                 context);
        Gradient(gradient.view(), input.view(), moments.data(), sums.data(), weight.data(), kEpsilon, mask, out.view(),
                 context);
        EXPECT_EQ(out.Values(), expected.Values()) << ToString(c.shape);
        EXPECT_TRUE(gradient.Intact() && out.Intact() && sums.Intact() && weight.Intact() && bias.Intact());
        return out.Values();
      });
    }
}

// The gradients of Σ r · y by x, weight and bias against central differences, all in double.
TEST(BatchNormTest, ReferencesAgreeWithFiniteDifferences) {
  const Nhwc shape{2, 3, 4, 3};
  const double epsilon = 1e-5, step = 1e-5;
  const std::vector<double> g = UniformDoubles(shape.elements(), 2), bias = UniformDoubles(3, 4);
  std::vector<double> x = UniformDoubles(shape.elements(), 1, 2), weight = UniformDoubles(3, 3);
  for (double& value : x) value += 0.5;
  for (double& value : weight) value += 1;
  const auto normalise = [&](const double* from, const double* w, const double* b, double* y) {
    std::vector<double> row(6);
    ReferenceMoments(shape, from, row.data());
    ReferenceNormalise(shape, from, row.data(), w, b, epsilon, y);
  };
  std::vector<double> gradient(x.size()), moments(6), sums(6);
  ReferenceMoments(shape, x.data(), moments.data());
  ReferenceSums(shape, g.data(), x.data(), moments.data(), epsilon, sums.data());
  ReferenceGradient(shape, g.data(), x.data(), moments.data(), sums.data(), weight.data(), epsilon, gradient.data());
  const auto by_x = SlopesOfSum(x, g, step, [&](auto* at, auto* y) { normalise(at, weight.data(), bias.data(), y); });
  const auto by_bias =
      SlopesOfSum(bias, g, step, [&](auto* at, auto* y) { normalise(x.data(), weight.data(), at, y); });
  const auto by_weight =
      SlopesOfSum(weight, g, step, [&](auto* at, auto* y) { normalise(x.data(), at, bias.data(), y); });
  for (size_t i = 0; i < x.size(); i++) EXPECT_NEAR(gradient[i], by_x[i], 1e-8) << i;
  for (size_t c = 0; c < 3; c++) {
    EXPECT_NEAR(sums[c], by_bias[c], 1e-8);
    EXPECT_NEAR(sums[3 + c], by_weight[c], 1e-8);
  }
}

}  // namespace
}  // namespace fcn::batch_norm
