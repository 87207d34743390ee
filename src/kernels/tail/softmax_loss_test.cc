#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/resize/gradient.h"
#include "kernels/tail/reference.h"
#include "kernels/tail/tail.h"
#include "support/expect_error.h"
#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::tail {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

constexpr int32_t kIgnored = 255;

/// Labels with a gap of one behind each; about one in `one_in` is ignored, and so is the image's left half where
/// half is set, so that whole blocks are.
struct Labels {
  Labels(const Nhwc& out, int one_in, bool half = false) : shape{out.n, out.h, out.w, 1} {
    for (int64_t p = 0; p < out.pixels(); p++) {
      const float u = test::Uniform(7, static_cast<uint64_t>(p)), v = test::Uniform(8, static_cast<uint64_t>(p));
      const bool ignored =
          (one_in > 0 && (v + 1) / 2 * static_cast<float>(one_in) < 1) || (half && p % out.w < out.w / 2);
      dense.push_back(ignored ? kIgnored
                              : std::min(static_cast<int32_t>((u + 1) / 2 * static_cast<float>(out.c)),
                                         static_cast<int32_t>(out.c - 1)));
      spread.push_back(dense.back());
      spread.push_back(-77);
    }
  }
  TensorView<const int32_t> view() const { return {spread.data(), shape, 2}; }

  Nhwc shape;
  std::vector<int32_t> dense, spread;
};

struct Result {
  float loss;
  std::vector<float> gradient;
};

Result Actual(const GuardedImage& image, const Labels& labels, const loss::Options& options, const Context& context) {
  GuardedImage scores = image, gradient(scores.view().shape, 2, 3);
  GuardedFloats scratch(LossScratchFloats(scores.view().shape, labels.shape, context.threads()));
  const float loss = ResizeSoftmaxLoss(scores.view(), labels.view(), options, gradient.view(), scratch.data(), context);
  EXPECT_TRUE(scores.Intact() && gradient.Intact() && scratch.Intact());
  return {loss, gradient.Values()};
}

/// By way of everything at full resolution.
Result Unfused(const GuardedImage& image, const Labels& labels, const loss::Options& options, const Context& context) {
  GuardedImage scores = image;
  const Nhwc& in = scores.view().shape;
  Tensor resized({in.n, labels.shape.h, labels.shape.w, in.c}), gradient(in);
  std::vector<float> scratch(static_cast<size_t>(loss::ScratchFloats(resized.shape())));
  GuardedFloats rows(resize::BilinearScratchFloats(resized.shape(), context.threads()));
  resize::Bilinear(scores.view(), resized.view(), rows.data(), context);
  const float loss = loss::SoftmaxLoss(resized.view(), labels.view(), options, scratch.data(), context);
  loss::SoftmaxLossGradient(resized.view(), labels.view(), options, resized.view(), scratch.data(), context);
  resize::BilinearGradient(resized.view(), gradient.view(), context);
  return {loss, {gradient.values().begin(), gradient.values().end()}};
}

void ExpectAgrees(const Nhwc& in, int64_t h, int64_t w, int64_t gap, int one_in, const loss::Options& options,
                  bool half = false) {
  GuardedImage scores(in, gap, static_cast<int>(in.c % 5));
  scores.Fill(1, 3);
  const Nhwc out{in.n, h, w, in.c};
  const Labels labels(out, one_in, half);
  std::vector<double> gradient(static_cast<size_t>(in.elements()));
  const double loss =
      ReferenceResizeSoftmaxLoss(in, scores.Doubles().data(), out, labels.dense.data(), options, gradient.data());
  // Positions are rounded at their size and scores at theirs; a score of the input is read by `read` of the output
  // along an axis, whose gradients, each at most its weight, are added one after the other. Without a mean, the loss is
  // the sum of that of all pixels.
  const double positions = static_cast<double>(6 * (in.h + in.w) * 3 + 60) * 0x1p-24;
  const auto read = [](int64_t to, int64_t from) {
    return 2 * static_cast<double>(to) / static_cast<double>(from) + 2;
  };
  const double weight = loss::ReferenceWeight<double>(out, labels.dense.data(), options);
  const double most = options.class_weights == nullptr ? 1 : 2.2;
  const double pixel = most / (options.mean && weight > 0 ? weight : 1);
  const double bound = pixel * read(h, in.h) * read(w, in.w) * (positions + (read(h, in.h) + read(w, in.w)) * 0x1p-24);
  for (Isa isa : SupportedIsas()) {
    const Result actual = Actual(scores, labels, options, Context(1, isa));
    const Result unfused = Unfused(scores, labels, options, Context(1, isa));
    ASSERT_LE(std::abs(actual.loss - loss), (options.mean ? 1 : weight) * positions + 0x1p-23 * std::abs(loss))
        << IsaName(isa) << " " << ToString(in) << " to " << h << "x" << w;
    ASSERT_FLOAT_EQ(actual.loss, unfused.loss);
    for (size_t i = 0; i < gradient.size(); i++) {
      ASSERT_LE(std::abs(actual.gradient[i] - gradient[i]), bound)
          << IsaName(isa) << " " << ToString(in) << " to " << h << "x" << w << " at " << i;
      ASSERT_LE(std::abs(actual.gradient[i] - unfused.gradient[i]), bound);
    }
    for (int threads : {2, 3}) {
      const Result other = Actual(scores, labels, options, Context(threads, isa));
      ASSERT_EQ(other.loss, actual.loss);
      ASSERT_EQ(other.gradient, actual.gradient);
    }
  }
}

std::vector<float> ClassWeights(int64_t classes) {
  std::vector<float> weights;
  for (int64_t c = 0; c < classes; c++)
    weights.push_back(c % 4 == 3 ? 0.0f : 1.2f + test::Uniform(9, static_cast<uint64_t>(c)));
  return weights;
}

TEST(ResizeSoftmaxLoss, AgreesForEveryNumberOfClasses) {
  for (int64_t classes = 1; classes <= 35; classes++) {
    const std::vector<float> weights = ClassWeights(classes);
    for (bool mean : {false, true})
      ExpectAgrees({1 + classes % 2, 3, 1 + classes % 5, classes}, 5 + classes % 9, 13 + classes % 11, classes % 3,
                   static_cast<int>(classes % 4),
                   {.mean = mean, .class_weights = classes % 2 == 0 ? weights.data() : nullptr});
  }
}

TEST(ResizeSoftmaxLoss, AgreesForEveryPairOfSmallSizes) {
  for (int64_t from = 1; from <= 5; from++)
    for (int64_t to = 1; to <= 36; to++) {
      ExpectAgrees({1, from, 2, 3}, to, 9, 0, 3, {});
      ExpectAgrees({1, 2, from, 3}, 7, to, 0, 3, {});
    }
}

TEST(ResizeSoftmaxLoss, AgreesForNetworkSizes) {
  const std::vector<float> weights = ClassWeights(11);
  ExpectAgrees({2, 8, 11, 11}, 64, 88, 0, 5, {.class_weights = weights.data()}, true);
  ExpectAgrees({1, 4, 5, 21}, 75, 99, 0, 0, {.mean = false});
  ExpectAgrees({1, 30, 24, 4}, 11, 8, 0, 0, {});  // smaller: some scores are read by nobody
  ExpectAgrees({1, 9, 9, 4}, 9, 9, 0, 0, {});
}

TEST(ResizeSoftmaxLoss, NothingValidGivesZero) {
  const Nhwc in{1, 3, 4, 6}, out{1, 12, 33, 6};
  GuardedImage scores(in);  // all NaN
  const std::vector<float> nothing(6, 0.0f);
  const std::vector<float> zeros(static_cast<size_t>(in.elements()), 0.0f);
  for (bool ignored : {true, false})
    for (bool mean : {false, true})
      for (Isa isa : SupportedIsas()) {
        const loss::Options options{.mean = mean, .class_weights = ignored ? nullptr : nothing.data()};
        const Result result = Actual(scores, Labels(out, ignored ? 1 : 0), options, Context(2, isa));
        EXPECT_EQ(result.loss, 0.0f);
        EXPECT_EQ(result.gradient, zeros);
      }
}

TEST(ResizeSoftmaxLoss, TellsOfNanWhereItCounts) {
  const Nhwc in{1, 2, 4, 3}, out{1, 16, 32, 3};
  GuardedImage scores(in);
  scores.Fill(1);
  scores.view().at(0, 1, 3)[1] = std::numeric_limits<float>::quiet_NaN();
  for (bool ignored : {false, true})
    for (Isa isa : SupportedIsas()) {
      Labels labels(out, 0);
      for (int64_t y = 0; ignored && y < out.h; y++)  // what reads the NaN: three columns of the input are left
        for (int64_t x = 20; x < out.w; x++) labels.spread[static_cast<size_t>(2 * (y * out.w + x))] = kIgnored;
      const Result result = Actual(scores, labels, {}, Context(1, isa));
      EXPECT_EQ(std::isnan(result.loss), !ignored) << IsaName(isa);
      bool any_nan = false;
      for (float g : result.gradient) any_nan = any_nan || std::isnan(g);
      EXPECT_EQ(any_nan, !ignored) << IsaName(isa);
    }
}

TEST(ResizeSoftmaxLoss, RefusesLabelsOutsideOfTheClasses) {
  const Nhwc in{1, 2, 3, 4}, out{1, 4, 6, 4};
  GuardedImage scores(in);
  scores.Fill(1);
  for (int32_t wrong : {-1, 4, 254, std::numeric_limits<int32_t>::min()}) {
    Labels labels(out, 0);
    labels.spread[4] = wrong;
    EXPECT_THROW(Actual(scores, labels, {}, Context(2)), Error);
    EXPECT_NO_THROW(Actual(scores, labels, {.ignore_label = wrong}, Context(2)));
  }
}

TEST(ResizeSoftmaxLoss, ReferenceAgreesWithFiniteDifferences) {
  const Nhwc in{2, 2, 3, 4}, out{2, 7, 8, 4};
  const std::vector<float> weights = ClassWeights(in.c);
  const std::vector<double> scores = test::UniformDoubles(in.elements(), 1, 3);
  const Labels labels(out, 3);
  std::vector<double> gradient(scores.size()), ignored(scores.size());
  for (bool mean : {false, true}) {
    const loss::Options options{.mean = mean, .class_weights = weights.data()};
    const auto loss = [&](const std::vector<double>& at, std::vector<double>& g) {
      return ReferenceResizeSoftmaxLoss(in, at.data(), out, labels.dense.data(), options, g.data());
    };
    loss(scores, gradient);
    const auto slopes = test::Slopes(scores, 1e-5, [&](const std::vector<double>& at) { return loss(at, ignored); });
    for (size_t i = 0; i < scores.size(); i++) EXPECT_NEAR(gradient[i], slopes[i], 1e-8) << i;
  }
}

}  // namespace
}  // namespace fcn::tail
