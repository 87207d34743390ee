#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/reference.h"
#include "support/guarded_image.h"

namespace fcn::elementwise {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const float* DataOf(const std::vector<float>& slopes) { return slopes.empty() ? nullptr : slopes.data(); }

/// An operation under test and what it should give: expected(pixel, channel) in double with the error allowed there.
struct Operation {
  std::function<void(GuardedImage& a, GuardedImage& b, GuardedImage& out, const Context&)> run;
  std::function<double(double a, double b, int64_t c)> expected;
  double roundings;  ///< of the sum of magnitudes of a, b and 1
};

/// Every remainder of channels, several sizes (one above a task's), with and without gaps, in place and not; each on 1,
/// 2 and 3 threads.
void ExpectAgrees(const Operation& operation) {
  std::vector<Nhwc> shapes{{1, 1, 1, 1}, {1, 1, 1, 1000}, {2, 1, 5000, 3}, {1, 40, 41, 21}};
  for (int64_t channels = 1; channels <= 35; channels++)
    shapes.push_back({1 + channels % 2, 3, 1 + channels % 5, channels});
  int turn = 0;
  for (const Nhwc& shape : shapes)
    for (int64_t gap : {0, 3})
      for (bool in_place : {false, true}) {
        turn++;
        GuardedImage a(shape, gap, turn % 5), b(shape, turn % 2 * gap, turn % 3);
        a.Fill(1, 8);
        b.Fill(2, 8);
        const std::vector<double> da = a.Doubles(), db = b.Doubles();
        for (Isa isa : SupportedIsas()) {
          std::vector<float> first;
          for (int threads : {1, 2, 3}) {
            GuardedImage input = a, other = b, apart(shape, 2 * gap, turn % 4);
            GuardedImage& out = in_place ? input : apart;
            operation.run(input, other, out, Context(threads, isa));
            ASSERT_TRUE(input.Intact() && other.Intact() && out.Intact());
            const std::vector<float> actual = out.Values();
            if (threads == 1) first = actual;
            ASSERT_EQ(first, actual);
            for (size_t i = 0; i < actual.size(); i++) {
              const double expected = operation.expected(da[i], db[i], static_cast<int64_t>(i) % shape.c);
              ASSERT_LE(std::abs(actual[i] - expected),
                        operation.roundings * 0x1p-24 * (std::abs(da[i]) + std::abs(db[i]) + 1))
                  << IsaName(isa) << " " << ToString(shape) << " at " << i;
            }
          }
        }
      }
}

TEST(ElementwiseTest, ActivateAgreesWithReference) {
  for (Activation activation : kEveryActivation)
    ExpectAgrees({[=](auto& a, auto&, auto& out, const Context& context) {
                    const std::vector<float> slopes = TestSlopes(activation, a.view().shape.c);
                    Activate(activation, a.view(), out.view(), context, DataOf(slopes));
                  },
                  [=](double a, double, int64_t c) { return ReferenceActivation<double>(a, activation, TestSlope(c)); },
                  RoundingsOf(activation)});
}

TEST(ElementwiseTest, ActivateKeepsNan) {
  for (Activation activation : kEveryActivation)
    for (Isa isa : SupportedIsas()) {
      GuardedImage image({1, 1, 3, 7});
      const std::vector<float> slopes = TestSlopes(activation, 7);
      Activate(activation, image.view(), image.view(), Context(1, isa), DataOf(slopes));
      for (float v : image.Values()) EXPECT_TRUE(std::isnan(v)) << IsaName(isa);
    }
}

TEST(ElementwiseTest, AddAgreesWithReference) {
  for (Activation activation : kEveryActivation)
    ExpectAgrees(
        {[=](auto& a, auto& b, auto& out, const Context& context) {
           const std::vector<float> slopes = TestSlopes(activation, a.view().shape.c);
           Add(a.view(), b.view(), activation, out.view(), context, DataOf(slopes));
         },
         [=](double a, double b, int64_t c) { return ReferenceActivation<double>(a + b, activation, TestSlope(c)); },
         2 + RoundingsOf(activation)});
}

TEST(ElementwiseTest, MultiplyAgreesWithReference) {
  for (Activation activation : kEveryActivation)
    ExpectAgrees(
        {[=](auto& a, auto& b, auto& out, const Context& context) {
           const std::vector<float> slopes = TestSlopes(activation, a.view().shape.c);
           Multiply(a.view(), b.view(), activation, out.view(), context, DataOf(slopes));
         },
         [=](double a, double b, int64_t c) { return ReferenceActivation<double>(a * b, activation, TestSlope(c)); },
         // Of |a · b| ≤ 8 · |a|.
         8 * (2 + RoundingsOf(activation))});
}

TEST(ElementwiseTest, MultiplyByAPixelOfEachImage) {
  for (int64_t channels = 1; channels <= 35; channels++)
    for (const bool in_place : {false, true})
      for (const Activation activation : {Activation::kNone, Activation::kHardSwish, Activation::kLeakyRelu}) {
        const Nhwc shape{2, 3, 5, channels};
        GuardedImage a(shape, channels % 3), pixel({2, 1, 1, channels}, channels % 4, 1);
        a.Fill(1, 4);
        pixel.Fill(2, 1);
        const std::vector<double> da = a.Doubles(), dp = pixel.Doubles();
        const std::vector<float> slopes = TestSlopes(activation, channels);
        for (Isa isa : SupportedIsas())
          for (int threads : {1, 3}) {
            GuardedImage input = a, apart(shape, 1);
            GuardedImage& out = in_place ? input : apart;
            Multiply(input.view(), pixel.view(), activation, out.view(), Context(threads, isa), DataOf(slopes));
            ASSERT_TRUE(input.Intact() && pixel.Intact() && out.Intact());
            const std::vector<float> actual = out.Values();
            for (size_t i = 0; i < actual.size(); i++) {
              const auto c = static_cast<int64_t>(i) % channels, n = static_cast<int64_t>(i) / (15 * channels);
              const double product = da[i] * dp[static_cast<size_t>(n * channels + c)];
              ASSERT_NEAR(actual[i], ReferenceActivation<double>(product, activation, TestSlope(c)),
                          (2 + RoundingsOf(activation)) * 0x1p-24 * (std::abs(product) + 1));
            }
          }
      }
}

TEST(ElementwiseTest, ScaleAgreesWithReference) {
  ExpectAgrees({[](auto& a, auto&, auto& out, const Context& context) { Scale(a.view(), 0.3f, out.view(), context); },
                [](double a, double, int64_t) { return a * 0.3f; }, 1});
}

TEST(ElementwiseTest, FoldedBatchNormAgreesWithReference) {
  constexpr int64_t kChannels = 1000;
  std::vector<float> weight(kChannels), bias(kChannels), mean(kChannels), variance(kChannels);
  test::FillUniform(weight.data(), kChannels, 3);
  test::FillUniform(bias.data(), kChannels, 4);
  test::FillUniform(mean.data(), kChannels, 5);
  for (size_t c = 0; c < kChannels; c++) variance[c] = 1.5f + test::Uniform(6, c);
  const double epsilon = 1e-3;
  for (bool affine : {true, false})
    for (Activation activation : kEveryActivation)
      // |scale| ≤ 1 / √0.5, so the product, the shift and the two folded factors are each off by less than two
      // roundings of |a| + |mean| + |bias| ≤ |a| + 2.
      ExpectAgrees({[&](auto& a, auto&, auto& out, const Context& context) {
                      const int64_t channels = a.view().shape.c;
                      GuardedFloats scale(channels, 1), shift(channels, 2);
                      FoldBatchNorm(channels, affine ? weight.data() : nullptr, affine ? bias.data() : nullptr,
                                    mean.data(), variance.data(), epsilon, scale.data(), shift.data());
                      const std::vector<float> slopes = TestSlopes(activation, channels);
                      ScaleShift(a.view(), scale.data(), shift.data(), activation, out.view(), context, DataOf(slopes));
                      EXPECT_TRUE(scale.Intact() && shift.Intact());
                    },
                    [&](double a, double, int64_t channel) {
                      const auto c = static_cast<size_t>(channel);
                      return ReferenceActivation<double>(
                          ReferenceBatchNorm<double>(a, affine ? weight[c] : 1, affine ? bias[c] : 0, mean[c],
                                                     variance[c], epsilon),
                          activation, TestSlope(channel));
                    },
                    12 + RoundingsOf(activation)});
}

TEST(ElementwiseTest, CropCopiesAWindowIntoAnother) {
  const Nhwc in{2, 7, 9, 5}, out{2, 4, 3, 5};
  for (Isa isa : SupportedIsas())
    for (int64_t gap : {0, 1})
      for (int64_t top = 0; top <= in.h - out.h; top++)
        for (int64_t left = 0; left <= in.w - out.w; left++) {
          GuardedImage input(in, gap), output(out, 2 * gap);
          input.Fill(1);
          Crop(input.view(), top, left, output.view(), Context(2, isa));
          ASSERT_TRUE(output.Intact());
          for (int64_t n = 0; n < out.n; n++)
            for (int64_t y = 0; y < out.h; y++)
              for (int64_t x = 0; x < out.w; x++)
                for (int64_t c = 0; c < out.c; c++)
                  ASSERT_EQ(output.view().at(n, y, x)[c], input.view().at(n, y + top, x + left)[c]);
        }
}

TEST(ElementwiseTest, CropIntoSlicesConcatenates) {
  const Context context(2);
  const Nhwc whole{1, 3, 4, 9};
  GuardedImage left({1, 3, 4, 4}), right({1, 3, 4, 5}), joined(whole);
  left.Fill(1);
  right.Fill(2);
  const TensorView<float> out = joined.view();
  Crop(left.view(), 0, 0, {out.data, {1, 3, 4, 4}, whole.c}, context);
  Crop(right.view(), 0, 0, {out.data + 4, {1, 3, 4, 5}, whole.c}, context);
  EXPECT_TRUE(joined.Intact());
  for (int64_t p = 0; p < whole.pixels(); p++)
    for (int64_t c = 0; c < whole.c; c++)
      EXPECT_EQ(out.data[p * 9 + c], c < 4 ? left.view().data[p * 4 + c] : right.view().data[p * 5 + c - 4]);
}

TEST(ElementwiseTest, SoftmaxAgreesWithReference) {
  int turn = 0;
  for (int64_t channels = 1; channels <= 1000; channels = channels < 35 ? channels + 1 : channels * 5)
    for (float reach : {1.0f, 50.0f, 1000.0f})
      for (bool in_place : {false, true}) {
        turn++;
        const Nhwc shape{1 + turn % 2, 3, 5, channels};
        GuardedImage input(shape, turn % 3, turn % 5);
        input.Fill(1, reach);
        std::vector<double> expected = input.Doubles();
        for (size_t p = 0; p < expected.size(); p += static_cast<size_t>(channels))
          ReferenceSoftmax(channels, expected.data() + p, expected.data() + p);
        for (Isa isa : SupportedIsas()) {
          std::vector<float> first;
          for (int threads : {1, 2, 3}) {
            GuardedImage in = input, apart(shape, turn % 4, turn % 2);
            GuardedImage& out = in_place ? in : apart;
            Softmax(in.view(), out.view(), Context(threads, isa));
            ASSERT_TRUE(in.Intact() && out.Intact());
            const std::vector<float> actual = out.Values();
            if (threads == 1) first = actual;
            ASSERT_EQ(first, actual);
            // Relative: the difference to the maximum is off by one rounding of up to 2 · reach and the exponential by
            // 1 ULP, above and in the sum of k terms below the line; absolute: denormals are flushed to zero.
            const double relative = (2 * (2 * reach + 2) + static_cast<double>(channels) + 1) * 0x1p-24;
            for (size_t i = 0; i < actual.size(); i++)
              ASSERT_LE(std::abs(actual[i] - expected[i]), relative * expected[i] + 0x1p-126)
                  << IsaName(isa) << " " << ToString(shape) << " at " << i;
          }
        }
      }
}

TEST(ElementwiseTest, SoftmaxOfNoNumbersIsNan) {
  const float cases[][4] = {{1, kNan, 2, 3},
                            {kNan, kNan, kNan, kNan},
                            {kInfinity, 1, 2, 3},
                            {-kInfinity, -kInfinity, -kInfinity, -kInfinity}};
  for (Isa isa : SupportedIsas()) {
    for (const auto& values : cases) {
      GuardedImage image({1, 1, 1, 4});
      std::copy(values, values + 4, image.view().data);
      Softmax(image.view(), image.view(), Context(1, isa));
      for (float v : image.Values()) EXPECT_TRUE(std::isnan(v)) << IsaName(isa);
    }
    GuardedImage image({1, 1, 1, 2});
    image.view().data[0] = -kInfinity;
    image.view().data[1] = 5;
    Softmax(image.view(), image.view(), Context(1, isa));
    EXPECT_EQ(image.Values(), (std::vector<float>{0, 1})) << IsaName(isa);
  }
}

std::vector<int32_t> ActualArgMax(GuardedImage& input, const Context& context) {
  const TensorView<float> in = input.view();
  constexpr int32_t kGuard = -77;
  std::vector<int32_t> labels(static_cast<size_t>(2 * in.shape.pixels() + 1), kGuard);
  // Every other element belongs to the output.
  ArgMax(in, {labels.data(), {in.shape.n, in.shape.h, in.shape.w, 1}, 2}, context);
  std::vector<int32_t> found;
  for (size_t i = 0; i < labels.size(); i++) {
    if (i % 2 == 1 || i + 1 == labels.size()) {
      EXPECT_EQ(labels[i], kGuard);
    } else {
      found.push_back(labels[i]);
    }
  }
  return found;
}

TEST(ElementwiseTest, ArgMaxAgreesWithReference) {
  for (int64_t channels = 1; channels <= 1000; channels = channels < 35 ? channels + 1 : channels * 5)
    for (float reach : {1.0f, 3.0f}) {
      GuardedImage input({2, 5, 7, channels}, channels % 3, static_cast<int>(channels % 5));
      input.Fill(1, reach);
      // With whole numbers up to 3 there are many ties.
      const TensorView<float> in = input.view();
      for (int64_t p = 0; reach > 1 && p < in.shape.pixels(); p++)
        for (int64_t c = 0; c < channels; c++)
          in.data[p * in.pixel_stride + c] = std::round(in.data[p * in.pixel_stride + c]);
      std::vector<int32_t> expected;
      for (int64_t p = 0; p < in.shape.pixels(); p++)
        expected.push_back(ReferenceArgMax(channels, in.data + p * in.pixel_stride));
      for (Isa isa : SupportedIsas())
        for (int threads : {1, 2, 3}) EXPECT_EQ(ActualArgMax(input, Context(threads, isa)), expected) << IsaName(isa);
    }
}

TEST(ElementwiseTest, ArgMaxOfSpecialValues) {
  struct {
    std::vector<float> values;
    int32_t label;
  } cases[] = {{{1, 2, kNan, 2, 2}, -1},
               {{kNan, 1, 2, 2, 2}, -1},
               {{kNan, kNan, kNan, kNan, kNan}, -1},
               {{-kInfinity, -kInfinity, -kInfinity, -kInfinity, -kInfinity}, -1},
               {{1, kInfinity, 2, 3, kInfinity}, -1},
               {{-kInfinity, -kInfinity, -3e38f, 2, -kInfinity}, 3},
               {{-0.0f, 0.0f, -1, -1, -1}, 0}};
  for (Isa isa : SupportedIsas())
    for (const auto& c : cases) {
      GuardedImage input({1, 1, 1, 5});
      std::copy(c.values.begin(), c.values.end(), input.view().data);
      EXPECT_EQ(ReferenceArgMax(5, c.values.data()), c.label);
      EXPECT_EQ(ActualArgMax(input, Context(1, isa)), std::vector<int32_t>{c.label}) << IsaName(isa);
    }
}

}  // namespace
}  // namespace fcn::elementwise
