#include <gtest/gtest.h>

#include <cmath>

#include "fcn/error.h"
#include "fcn/scores.h"

namespace fcn {
namespace {

constexpr uint16_t kIgnored = 65535;

ConfusionMatrix Matrix(int classes, std::vector<uint16_t> truth, std::vector<uint16_t> prediction) {
  ConfusionMatrix matrix(classes);
  matrix.Add(truth, prediction, kIgnored);
  return matrix;
}

TEST(ConfusionMatrix, CountsPairs) {
  const ConfusionMatrix matrix = Matrix(3, {0, 0, 1, 1, 1, kIgnored}, {0, 1, 1, 1, 2, 0});
  EXPECT_EQ(matrix.count(0, 0), 1);
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 1), 2);
  EXPECT_EQ(matrix.count(1, 2), 1);
  EXPECT_EQ(matrix.truth_pixels(1), 3);
  EXPECT_EQ(matrix.predicted_pixels(1), 3);
  EXPECT_EQ(matrix.pixels(), 5);
}

TEST(ConfusionMatrix, MergedPartsAreTheWhole) {
  ConfusionMatrix parts = Matrix(3, {0, 1, 2}, {0, 2, 2});
  parts.Merge(Matrix(3, {kIgnored, 2, 2}, {1, 1, 900}));
  EXPECT_EQ(parts, Matrix(3, {0, 1, 2, kIgnored, 2, 2}, {0, 2, 2, 1, 1, 900}));
  EXPECT_EQ(parts.unlabelled(2), 1);
}

TEST(ConfusionMatrix, RefusesWhatOnlyOurOwnMistakesCanBring) {
  EXPECT_THROW(Matrix(2, {0, 1}, {0}), Error);
  EXPECT_THROW(Matrix(2, {2}, {0}), Error);
  EXPECT_THROW(Matrix(2, {0}, {0}).Merge(Matrix(3, {0}, {0})), Error);
}

// n = [4 1 0; 2 2 0; 0 0 3] → t = 5, 4, 3; predicted 6, 3, 3.
TEST(Scores, AreThoseOfThePaper) {
  const Scores scores =
      ComputeScores(Matrix(3, {0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2}, {0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 2, 2}));
  EXPECT_DOUBLE_EQ(scores.pixel_accuracy, 9.0 / 12);
  EXPECT_DOUBLE_EQ(scores.mean_accuracy, (4.0 / 5 + 2.0 / 4 + 1) / 3);
  EXPECT_DOUBLE_EQ(scores.mean_iu, (4.0 / 7 + 2.0 / 5 + 1) / 3);
  EXPECT_DOUBLE_EQ(scores.fw_iu, (5 * 4.0 / 7 + 4 * 2.0 / 5 + 3) / 12);
  EXPECT_DOUBLE_EQ(scores.per_class[1].accuracy, 0.5);
  EXPECT_DOUBLE_EQ(scores.per_class[1].iu, 0.4);
  EXPECT_EQ(scores.per_class[0].predicted_pixels, 6);
}

TEST(Scores, AnAbsentClassIsExcluded) {
  // Class 2 is predicted once but never true: no score of its own, yet class 0 lost that pixel.
  const Scores scores = ComputeScores(Matrix(4, {0, 0, 1, 1}, {0, 2, 1, 1}));
  EXPECT_DOUBLE_EQ(scores.mean_iu, (0.5 + 1) / 2);
  EXPECT_DOUBLE_EQ(scores.mean_accuracy, (0.5 + 1) / 2);
  EXPECT_TRUE(std::isnan(scores.per_class[2].iu) && std::isnan(scores.per_class[2].accuracy));
  EXPECT_TRUE(std::isnan(scores.per_class[3].iu));
  EXPECT_EQ(scores.per_class[2].predicted_pixels, 1);
}

TEST(Scores, APredictionThatIsNoClassIsWrong) {
  const Scores scores = ComputeScores(Matrix(2, {0, 0, 1, 1}, {0, 7, 1, kIgnored}));
  EXPECT_DOUBLE_EQ(scores.pixel_accuracy, 0.5);
  EXPECT_DOUBLE_EQ(scores.mean_iu, 0.5);
}

TEST(Scores, OfNothingAreNoNumbers) {
  const Scores scores = ComputeScores(Matrix(2, {kIgnored}, {0}));
  for (double score : {scores.pixel_accuracy, scores.mean_accuracy, scores.mean_iu, scores.fw_iu})
    EXPECT_TRUE(std::isnan(score));
}

}  // namespace
}  // namespace fcn
