#include "kernels/elementwise/response_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::elementwise {
namespace {

using test::GuardedImage;

/// s of response_norm.h, on any scalar: x is one pixel.
template <typename T>
T ReferenceScale(const ResponseNorm& norm, int64_t channels, const T* x, int64_t c) {
  T sum = 0;
  for (int64_t j = std::max<int64_t>(0, c - norm.size / 2); j <= std::min(channels - 1, c + norm.size / 2); j++)
    sum += x[j] * x[j];
  return T(norm.k) + T(norm.alpha) / norm.size * sum;
}

template <typename T>
T ReferenceNorm(const ResponseNorm& norm, int64_t channels, const T* x, int64_t c) {
  return x[c] * std::pow(ReferenceScale(norm, channels, x, c), -T(norm.beta));
}

template <typename T>
T ReferenceNormGradient(const ResponseNorm& norm, int64_t channels, const T* g, const T* x, int64_t c) {
  T sum = 0;
  for (int64_t j = std::max<int64_t>(0, c - norm.size / 2); j <= std::min(channels - 1, c + norm.size / 2); j++)
    sum += g[j] * ReferenceNorm(norm, channels, x, j) / ReferenceScale(norm, channels, x, j);
  return g[c] * std::pow(ReferenceScale(norm, channels, x, c), -T(norm.beta)) -
         2 * T(norm.alpha) * T(norm.beta) / norm.size * x[c] * sum;
}

const ResponseNorm kNorms[] = {{},
                               {.size = 1, .alpha = 2, .beta = 1, .k = 0.5f},
                               {.size = 3, .alpha = 5, .beta = 0.5f, .k = 1},
                               {.size = 5, .alpha = 0, .beta = 0.75f, .k = 2},
                               {.size = 63, .alpha = 1, .beta = 0.75f, .k = 1}};

/// Every remainder of channels, and more than one chunk of them.
std::vector<int64_t> ChannelCounts() {
  std::vector<int64_t> counts = {96, 255, 256, 257, 290, 600};
  for (int64_t c = 1; c <= 35; c++) counts.push_back(c);
  return counts;
}

TEST(ResponseNormTest, AgreesWithItsReference) {
  for (const ResponseNorm& norm : kNorms)
    for (const int64_t channels : ChannelCounts()) {
      const Nhwc shape{2, 2, 3, channels};
      GuardedImage g(shape, channels % 3), x(shape, channels % 2, static_cast<int>(channels % 5));
      g.Fill(1, 2);
      x.Fill(2, 3);
      const std::vector<double> gs = g.Doubles(), xs = x.Doubles();
      for (Isa isa : SupportedIsas()) {
        std::vector<float> first, first_gradient;
        for (int threads : {1, 3}) {
          GuardedImage output(shape, 1), gradient(shape, 2, 1);
          LocalResponseNorm(norm, x.view(), output.view(), Context(threads, isa));
          LocalResponseNormGradient(norm, g.view(), x.view(), gradient.view(), Context(threads, isa));
          ASSERT_TRUE(g.Intact() && x.Intact() && output.Intact() && gradient.Intact());
          const std::vector<float> y = output.Values(), d = gradient.Values();
          if (threads == 1) first = y, first_gradient = d;
          ASSERT_EQ(first, y);
          ASSERT_EQ(first_gradient, d);
          for (size_t i = 0; i < y.size(); i++) {
            const size_t pixel = i / static_cast<size_t>(channels) * static_cast<size_t>(channels);
            const auto c = static_cast<int64_t>(i - pixel);
            // The sum and its logarithm, stretched by beta · log s, and a few roundings more.
            const double s = ReferenceScale(norm, channels, &xs[pixel], c);
            const double roundings = 12 + 4 * norm.size + 8 * norm.beta * std::abs(std::log(s));
            const double expected = ReferenceNorm(norm, channels, &xs[pixel], c);
            ASSERT_NEAR(y[i], expected, roundings * 0x1p-24 * std::abs(expected)) << IsaName(isa) << " " << channels;
            const double size = 2 * std::pow(norm.k, -norm.beta) * (1 + 2 * norm.alpha * norm.beta * 9 / norm.k);
            ASSERT_NEAR(d[i], ReferenceNormGradient(norm, channels, &gs[pixel], &xs[pixel], c),
                        2 * roundings * 0x1p-24 * size)
                << IsaName(isa) << " " << channels;
          }
        }
      }
    }
}

TEST(ResponseNormTest, TheGradientIsThatOfTheLoss) {
  constexpr int64_t kChannels = 9;
  for (const ResponseNorm& norm : kNorms) {
    const std::vector<double> x = test::UniformDoubles(kChannels, 1, 3), g = test::UniformDoubles(kChannels, 2);
    const auto slopes = test::SlopesOfSum(x, g, 1e-5, [&](const double* at, double* y) {
      for (int64_t c = 0; c < kChannels; c++) y[c] = ReferenceNorm(norm, kChannels, at, c);
    });
    for (int64_t c = 0; c < kChannels; c++)
      EXPECT_NEAR(ReferenceNormGradient(norm, kChannels, g.data(), x.data(), c), slopes[static_cast<size_t>(c)], 1e-7);
  }
}

TEST(ResponseNormTest, NumbersThatAreNone) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  for (Isa isa : SupportedIsas()) {
    GuardedImage x({1, 1, 1, 12}), y({1, 1, 1, 12});
    std::fill(x.view().data, x.view().data + 12, 1.0f);
    x.view().data[2] = 1e30f;  // its square is infinite
    x.view().data[9] = kNan;
    LocalResponseNorm({.size = 3, .alpha = 1, .beta = 0.75f, .k = 1}, x.view(), y.view(), Context(1, isa));
    const std::vector<float> values = y.Values();
    for (size_t c = 0; c < 12; c++) {
      EXPECT_EQ(std::isnan(values[c]), c >= 8 && c <= 10) << c;
      if (c >= 1 && c <= 3) {
        EXPECT_EQ(values[c], 0) << c;
      }
    }
    EXPECT_LT(values[5], kInfinity);
  }
}

}  // namespace
}  // namespace fcn::elementwise
