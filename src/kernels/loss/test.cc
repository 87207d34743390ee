#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/loss/loss.h"
#include "kernels/loss/reference.h"
#include "support/expect_error.h"
#include "support/guarded_image.h"
#include "support/slopes.h"

namespace fcn::loss {
namespace {

using test::GuardedFloats;
using test::GuardedImage;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kUnit = 0x1p-24;
constexpr int32_t kIgnored = 255;

/// Labels with a gap of one behind each, in the classes or ignored: about one in `one_in` is.
struct Labels {
  Labels(const Nhwc& scores, int one_in) : shape{scores.n, scores.h, scores.w, 1} {
    for (int64_t p = 0; p < scores.pixels(); p++) {
      const float u = test::Uniform(7, static_cast<uint64_t>(p)), v = test::Uniform(8, static_cast<uint64_t>(p));
      const bool ignored = one_in > 0 && (v + 1) / 2 * static_cast<float>(one_in) < 1;
      dense.push_back(ignored ? kIgnored
                              : std::min(static_cast<int32_t>((u + 1) / 2 * static_cast<float>(scores.c)),
                                         static_cast<int32_t>(scores.c - 1)));
      spread.push_back(dense.back());
      spread.push_back(-77);
    }
  }
  TensorView<const int32_t> view() const { return {spread.data(), shape, 2}; }

  Nhwc shape;
  std::vector<int32_t> dense, spread;
};

float ActualLoss(const GuardedImage& scores, const Labels& labels, const Options& options, const Context& context) {
  GuardedImage in = scores;
  GuardedFloats scratch(ScratchFloats(in.view().shape), 1);
  const float loss = SoftmaxLoss(in.view(), labels.view(), options, scratch.data(), context);
  EXPECT_TRUE(in.Intact() && scratch.Intact());
  return loss;
}

std::vector<float> ActualGradient(const GuardedImage& scores, const Labels& labels, const Options& options,
                                  bool in_place, const Context& context) {
  GuardedImage in = scores, apart(in.view().shape, 2, 3);
  GuardedImage& out = in_place ? in : apart;
  GuardedFloats scratch(ScratchFloats(in.view().shape), 1);
  SoftmaxLossGradient(in.view(), labels.view(), options, out.view(), scratch.data(), context);
  EXPECT_TRUE(in.Intact() && out.Intact() && scratch.Intact());
  return out.Values();
}

void ExpectAgrees(const Nhwc& shape, int64_t gap, float reach, int one_in, const Options& options) {
  GuardedImage scores(shape, gap, static_cast<int>(shape.c % 5));
  scores.Fill(1, reach);
  const Labels labels(shape, one_in);
  const std::vector<double> doubles = scores.Doubles();
  const double loss = ReferenceSoftmaxLoss(shape, doubles.data(), labels.dense.data(), options);
  std::vector<double> gradient(doubles.size());
  ReferenceSoftmaxLossGradient(shape, doubles.data(), labels.dense.data(), options, gradient.data());
  const auto weight = ReferenceWeight<double>(shape, labels.dense.data(), options);
  // Differences to the maximum are off by a rounding of up to 2 · reach, exponentials by 1 ULP more, their sum by one
  // for each term, the logarithm by 4 ULP; in the gradient that is relative to a softmax of at most 1.
  const double channels = static_cast<double>(shape.c);
  const double roundings =
      double{options.weight} * (2 * (2 * reach + 2) + channels + 8 + 4 * std::log(channels)) * kUnit;
  for (Isa isa : SupportedIsas()) {
    const float actual = ActualLoss(scores, labels, options, Context(1, isa));
    ASSERT_LE(std::abs(actual - loss), (options.mean && weight > 0 ? 1 : weight) * roundings + kUnit * std::abs(loss))
        << IsaName(isa) << " " << ToString(shape) << ": " << actual << " instead of " << loss;
    for (bool in_place : {false, true}) {
      const std::vector<float> out = ActualGradient(scores, labels, options, in_place, Context(1, isa));
      for (size_t i = 0; i < out.size(); i++) {
        const int32_t label = labels.dense[i / static_cast<size_t>(shape.c)];
        if (label == kIgnored || weight == 0) {
          ASSERT_EQ(out[i], 0.0f);
          continue;
        }
        const double factor =
            (options.class_weights == nullptr ? 1.0 : options.class_weights[label]) / (options.mean ? weight : 1.0);
        ASSERT_LE(std::abs(out[i] - gradient[i]), 2 * roundings * factor)
            << IsaName(isa) << " " << ToString(shape) << " at " << i;
      }
      for (int threads : {2, 3}) {
        ASSERT_EQ(actual, ActualLoss(scores, labels, options, Context(threads, isa)));
        ASSERT_EQ(out, ActualGradient(scores, labels, options, in_place, Context(threads, isa)));
      }
    }
  }
}

/// Loss and gradients row by row.
struct Rows {
  float loss;
  std::vector<float> gradient;

  Rows(const GuardedImage& image, const Labels& labels, const Options& options, const Context& context) {
    GuardedImage scores = image;
    const TensorView<const float> view = scores.view();
    const Nhwc& shape = view.shape;
    GuardedImage out(shape, 2, 3);
    GuardedFloats scratch(RowScratchFloats(shape, context.threads()));
    const RowLoss rows(shape, labels.view(), options, scratch.data(), context);
    context.Parallel(shape.n * shape.h, [&](int64_t row, int worker) {
      const int64_t n = row / shape.h, y = row % shape.h;
      std::vector<float> dense;
      for (int64_t x = 0; x < shape.w; x++) dense.insert(dense.end(), view.at(n, y, x), view.at(n, y, x) + shape.c);
      rows.Run(n, y, dense.data(), out.view().at(n, y, 0), out.view().pixel_stride, worker);
    });
    loss = rows.Loss();
    gradient = out.Values();
    EXPECT_TRUE(out.Intact() && scratch.Intact());
  }
};

std::vector<float> ClassWeights(int64_t channels) {
  std::vector<float> weights;
  for (int64_t c = 0; c < channels; c++)
    weights.push_back(c % 4 == 3 ? 0.0f : 1.2f + test::Uniform(9, static_cast<uint64_t>(c)));
  return weights;
}

TEST(LossTest, AgreesWithReferenceForEveryNumberOfClasses) {
  for (int64_t channels = 1; channels <= 35; channels++) {
    const std::vector<float> weights = ClassWeights(channels);
    for (bool mean : {false, true})
      ExpectAgrees({1 + channels % 2, 3, 1 + channels % 20, channels}, channels % 3, 3, channels % 4,
                   {.mean = mean, .class_weights = channels % 2 == 0 ? weights.data() : nullptr});
  }
  ExpectAgrees({1, 2, 3, 1000}, 0, 3, 0, {});
  for (const float weight : {0.0f, 0.3f, 7.0f})
    for (bool mean : {false, true}) ExpectAgrees({2, 3, 11, 5}, 1, 3, 3, {.mean = mean, .weight = weight});
}

TEST(LossTest, RowsAreTheWhole) {
  for (const Nhwc& shape : {Nhwc{1, 1, 1, 2}, Nhwc{2, 5, 17, 5}, Nhwc{1, 3, 1100, 3}, Nhwc{2, 7, 32, 21}})
    for (const int one_in : {0, 3, 1})
      for (const bool mean : {false, true})
        for (const bool weighted : {false, true}) {
          const std::vector<float> weights = ClassWeights(shape.c);
          const Options options{.mean = mean, .class_weights = weighted ? weights.data() : nullptr};
          GuardedImage scores(shape, 1);
          scores.Fill(1, 3);
          const Labels labels(shape, one_in);
          for (Isa isa : SupportedIsas()) {
            const float loss = ActualLoss(scores, labels, options, Context(1, isa));
            const std::vector<float> gradient = ActualGradient(scores, labels, options, false, Context(1, isa));
            const Rows rows(scores, labels, options, Context(1, isa));
            ASSERT_NEAR(rows.loss, loss, 1e-6 * std::abs(loss)) << IsaName(isa) << ToString(shape);
            ASSERT_EQ(rows.gradient, gradient) << IsaName(isa) << ToString(shape);
            for (int threads : {2, 3}) {
              const Rows others(scores, labels, options, Context(threads, isa));
              ASSERT_EQ(others.loss, rows.loss);
              ASSERT_EQ(others.gradient, gradient);
            }
          }
        }
}

TEST(LossTest, AgreesWithReferenceForEveryNumberOfPixels) {
  for (int64_t pixels = 1; pixels <= 50; pixels++) ExpectAgrees({1, 1, pixels, 5}, pixels % 2, 2, 3, {});
  ExpectAgrees({2, 33, 47, 7}, 1, 2, 3, {});
}

TEST(LossTest, HugeScoresDoNotOverflow) {
  for (float reach : {100.0f, 1e4f, 1e30f}) ExpectAgrees({1, 5, 7, 11}, 0, reach, 4, {});
}

TEST(LossTest, HugeScoresByHand) {
  const Nhwc shape{1, 1, 2, 3};
  GuardedImage scores(shape);
  for (int64_t i = 0; i < 6; i++) scores.view().data[i] = i % 3 == 0 ? 1e4f : i % 3 == 1 ? -1e4f : 0.0f;
  Labels labels(shape, 0);
  labels.spread[0] = 0;
  labels.spread[2] = 1;
  for (Isa isa : SupportedIsas()) {
    const Context context(1, isa);
    EXPECT_EQ(ActualLoss(scores, labels, {.mean = false}, context), 2e4f);
    EXPECT_THAT(ActualGradient(scores, labels, {.mean = false}, false, context),
                testing::ElementsAre(0, 0, 0, 1, -1, 0));
  }
}

TEST(LossTest, ClassOfNoPixelMayBeImpossible) {
  const Nhwc shape{1, 1, 1, 3};
  GuardedImage scores(shape);
  scores.view().data[0] = 0;
  scores.view().data[1] = -kInfinity;
  scores.view().data[2] = 0;
  Labels labels(shape, 0);
  labels.spread[0] = 0;
  for (Isa isa : SupportedIsas()) {
    EXPECT_NEAR(ActualLoss(scores, labels, {}, Context(1, isa)), std::log(2.0), 1e-6);
    EXPECT_THAT(ActualGradient(scores, labels, {}, false, Context(1, isa)), testing::ElementsAre(-0.5f, 0.0f, 0.5f));
  }
  labels.spread[0] = 1;
  for (Isa isa : SupportedIsas()) EXPECT_EQ(ActualLoss(scores, labels, {}, Context(1, isa)), kInfinity);
}

TEST(LossTest, NothingValidGivesZero) {
  const Nhwc shape{1, 3, 11, 6};
  GuardedImage scores(shape);  // all NaN
  Labels labels(shape, 0);
  const std::vector<float> nothing(6, 0.0f);
  const std::vector<float> zeros(static_cast<size_t>(shape.elements()), 0.0f);
  for (bool ignored : {true, false})
    for (bool mean : {false, true})
      for (Isa isa : SupportedIsas()) {
        const Options options{.mean = mean, .class_weights = ignored ? nullptr : nothing.data()};
        const Labels all_ignored(shape, 1);
        const Labels& used = ignored ? all_ignored : labels;
        EXPECT_EQ(ActualLoss(scores, used, options, Context(2, isa)), 0.0f) << IsaName(isa);
        EXPECT_EQ(ActualGradient(scores, used, options, false, Context(2, isa)), zeros) << IsaName(isa);
      }
}

TEST(LossTest, TellsOfNanWhereItCounts) {
  const Nhwc shape{1, 3, 11, 6};
  for (float trouble : {kNan, kInfinity})
    for (bool ignored : {false, true})
      for (Isa isa : SupportedIsas()) {
        GuardedImage scores(shape);
        scores.Fill(1);
        scores.view().at(0, 1, 2)[4] = trouble;
        Labels labels(shape, 0);
        labels.spread[2 * 13] = ignored ? kIgnored : 1;
        EXPECT_EQ(std::isnan(ActualLoss(scores, labels, {}, Context(1, isa))), !ignored);
        const std::vector<float> gradient = ActualGradient(scores, labels, {}, true, Context(1, isa));
        for (size_t i = 0; i < gradient.size(); i++)
          EXPECT_EQ(std::isnan(gradient[i]), !ignored && i / 6 == 13) << IsaName(isa) << " " << i;
      }
}

TEST(LossTest, RefusesLabelsOutsideOfTheClasses) {
  const Nhwc shape{1, 2, 3, 4};
  GuardedImage scores(shape);
  scores.Fill(1);
  for (int32_t wrong : {-1, 4, 254, std::numeric_limits<int32_t>::min()}) {
    Labels labels(shape, 0);
    labels.spread[4] = wrong;
    EXPECT_THROW(ActualLoss(scores, labels, {}, Context(2)), Error);
    EXPECT_THROW(ActualGradient(scores, labels, {}, false, Context(2)), Error);
    EXPECT_NO_THROW(ActualLoss(scores, labels, {.ignore_label = wrong}, Context(2)));
  }
}

TEST(LossTest, ReferenceAgreesWithFiniteDifferences) {
  const Nhwc shape{1, 2, 3, 5};
  const std::vector<float> weights = ClassWeights(shape.c);
  const std::vector<double> scores = test::UniformDoubles(shape.elements(), 1, 3);
  const Labels labels(shape, 3);
  for (bool mean : {false, true})
    for (const float* class_weights : {static_cast<const float*>(nullptr), weights.data()}) {
      const Options options{.mean = mean, .class_weights = class_weights};
      std::vector<double> gradient(scores.size());
      ReferenceSoftmaxLossGradient(shape, scores.data(), labels.dense.data(), options, gradient.data());
      const auto slopes = test::Slopes(scores, 1e-5, [&](const std::vector<double>& at) {
        return ReferenceSoftmaxLoss(shape, at.data(), labels.dense.data(), options);
      });
      for (size_t i = 0; i < scores.size(); i++) EXPECT_NEAR(gradient[i], slopes[i], 1e-9) << i;
    }
}

}  // namespace
}  // namespace fcn::loss
