#include "fcn/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "image/test_images.h"
#include "report/choose_pictures.h"
#include "report/confusion.h"
#include "report/label_runs.h"
#include "report/paint.h"
#include "report/test_page.h"

namespace fcn {
namespace {

using test::Count;
using test::ExpectNothingFromOutside;
using test::ExpectWellFormed;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kNames = {"road", "<sky> & \"air\"", "car"};

ConfusionMatrix Matrix(const std::vector<uint16_t>& truth, const std::vector<uint16_t>& prediction, int classes = 3) {
  ConfusionMatrix matrix(classes);
  matrix.Add(truth, prediction, kIgnoredLabel);
  return matrix;
}

/// Two models and two pictures; the last class is absent.
Comparison Two() {
  Comparison comparison{.title = "A <title>", .lead = "It's \"led\""};
  comparison.heads = {{.classes = kNames, .palette = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}}}};
  const ConfusionMatrix coarse = Matrix({0, 0, 0, 0, 1}, {0, 0, 0, 1, 1}),
                        fine = Matrix({0, 0, 0, 0, 1}, {0, 0, 0, 0, 1});
  for (const auto& [name, matrix] : {std::pair{"32s<&>", coarse}, {"8s", fine}})
    comparison.models.push_back({name, {.heads = {{"", kNames, matrix}}}});
  const Image picture = test::Gradient(40, 30);
  const ComparedLabels labels{picture, {picture, picture}, {0.25, NAN}};
  comparison.pictures = {{"a\"b", PictureRank::kTypical, picture, {labels}},
                         {"<worst>", PictureRank::kWorst, picture, {labels}}};
  comparison.facts = {{"Data", "val of <here>"}};
  return comparison;
}

TEST(Comparison, ShowsScoresPicturesAndConfusions) {
  const std::string html = ComparisonReport(Two());
  ExpectWellFormed(html);
  ExpectNothingFromOutside(html);
  for (const char* part :
       {"<h1>A &lt;title&gt;</h1>", "It&#39;s &quot;led&quot;", "32s&lt;&amp;&gt;", "&lt;sky&gt; &amp; &quot;air&quot;",
        "Pixel accuracy <span class=\"unit\">aAcc", "Mean accuracy <span class=\"unit\">mAcc",
        "Mean IU <span class=\"unit\">mIoU", "Frequency-weighted IU <span class=\"unit\">fwIoU", "#040506",
        // 4 of 5 pixels; the means of ¾ and 1, and of ¾ and ½; the best of two is marked.
        "<td class=\"value\">80.0 %</td><td class=\"value\">87.5 %</td><td class=\"value\">62.5 %</td>",
        "<td class=\"value\"><b>100.0 %</b></td>", "<table class=\"figures models\">",
        "<table class=\"figures classes\">", "absent", "· typical", "· worst", "32s&lt;&amp;&gt; · 25.0\u00a0%",
        "<figcaption>8s</figcaption>", "Truth, a&quot;b", "background:#a0a0a0\"></span>does not count",
        "road taken for &lt;sky&gt; &amp; &quot;air&quot;: 25.0 % of it", "val of &lt;here&gt;"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_EQ(Count(html, "<img "), 2u * 4);
  EXPECT_EQ(Count(html, "<img "), Count(html, " alt=\""));
  EXPECT_EQ(Count(html, "class=\"matrix\""), 2u);
  EXPECT_EQ(html, ComparisonReport(Two()));
  // On paper nothing can be scrolled.
  EXPECT_LT(html.find(".scroll { overflow-x: auto; }"), html.find(".scroll { overflow: visible; }"));
  EXPECT_NE(html.find(".scroll { overflow: visible; }"), std::string::npos);
}

TEST(Comparison, ShowsEachHead) {
  Comparison comparison = Two();
  comparison.heads.push_back(comparison.heads[0]);
  comparison.heads[0].name = "class", comparison.heads[1].name = "near<1>";
  for (ComparedModel& model : comparison.models) model.evaluation.heads.push_back(model.evaluation.heads[0]);
  for (ComparedPicture& picture : comparison.pictures) picture.heads.push_back(picture.heads[0]);
  const std::string html = ComparisonReport(comparison);
  ExpectWellFormed(html);
  for (const char* part : {"<h2>All heads</h2>", "<h2>Scores: class</h2>", "<h2>Scores: near&lt;1&gt;</h2>",
                           "<h2>What is taken for what: near&lt;1&gt;</h2>", "near&lt;1&gt; of a&quot;b by 8s"})
    EXPECT_THAT(html, HasSubstr(part));
  EXPECT_EQ(Count(html, "class=\"matrix\""), 4u);
  EXPECT_EQ(Count(html, "<img "), 2u * (4 + 3));  // the picture itself once
}

TEST(Comparison, OneModelIsNotMarkedAsTheBestOfItself) {
  Comparison comparison = Two();
  comparison.models.pop_back();
  comparison.pictures.clear();
  const std::string html = ComparisonReport(comparison);
  ExpectWellFormed(html);
  EXPECT_EQ(Count(html, "<b>"), 0u);
  EXPECT_EQ(Count(html, "<h2>Pictures"), 0u);
}

TEST(Comparison, AMatrixWithoutAPixelIsWellFormed) {
  Comparison comparison = Two();
  for (ComparedModel& model : comparison.models) model.evaluation.heads[0].matrix = ConfusionMatrix(3);
  const std::string html = ComparisonReport(comparison);
  ExpectWellFormed(html);
  EXPECT_EQ(Count(html, "nan"), 0u);
}

TEST(Confusion, AnyNumberOfClassesIsShownOrLeftOut) {
  for (const int classes : {1, 2, 11, 21, 40, 60, 150, kMostMatrixClasses, kMostMatrixClasses + 1}) {
    std::vector<std::string> names;
    std::vector<uint16_t> truth, prediction;
    for (int i = 0; i < classes; i++) {
      names.push_back("class <" + std::to_string(i) + "> with a name that is far too long");
      truth.push_back(static_cast<uint16_t>(i));
      prediction.push_back(static_cast<uint16_t>(i * 7 % classes));
    }
    const std::string html = ConfusionHtml(Matrix(truth, prediction, classes), names, "m");
    if (classes > kMostMatrixClasses) {
      EXPECT_EQ(html, "");
      continue;
    }
    if (classes <= 60) ExpectWellFormed("<body>" + html + "</body>");
    EXPECT_EQ(Count(html, "class=\"matrix-name\""), 2 * static_cast<size_t>(classes));
    EXPECT_EQ(Count(html, "class=\"matrix-right\"") + Count(html, "class=\"matrix-wrong\""),
              static_cast<size_t>(classes));
    EXPECT_EQ(Count(html, ">100</text>"), classes <= 26 ? static_cast<size_t>(classes) : 0u);
  }
}

TEST(Confusion, TheLargestMistakesComeFirst) {
  const ConfusionMatrix matrix = Matrix({0, 0, 0, 1, 1, 2, 2}, {0, 1, 2, 0, 0, 2, 1});
  EXPECT_THAT(LargestMistakes(matrix, 3), ElementsAre(Mistake{1, 0, 2}, Mistake{0, 1, 1}, Mistake{0, 2, 1}));
  EXPECT_EQ(LargestMistakes(matrix, 9).size(), 4u);
}

TEST(ChoosePictures, TypicalBestAndWorst) {
  using enum PictureRank;
  const std::vector<double> ius = {0.5, NAN, 0.9, 0.1, 0.6, 0.4, 0.2};  // by rank: 3 6 5 0 4 2
  EXPECT_THAT(ChoosePictures(ius, 3),
              ElementsAre(ChosenPicture{5, kTypical}, ChosenPicture{2, kBest}, ChosenPicture{3, kWorst}));
  EXPECT_THAT(ChoosePictures(ius, 2), ElementsAre(ChosenPicture{5, kTypical}, ChosenPicture{0, kTypical}));
  EXPECT_THAT(ChoosePictures(ius, 99),
              ElementsAre(ChosenPicture{5, kTypical}, ChosenPicture{0, kTypical}, ChosenPicture{2, kBest},
                          ChosenPicture{4, kBest}, ChosenPicture{3, kWorst}, ChosenPicture{6, kWorst}));
  EXPECT_THAT(ChoosePictures(ius, 0), ElementsAre());
  EXPECT_THAT(ChoosePictures(std::vector<double>{NAN}, 6), ElementsAre());
}

TEST(LabelRuns, GiveTheLabelsBack) {
  EXPECT_THAT(LabelRuns(std::span<const uint16_t>()).Labels(), ElementsAre());
  std::vector<uint16_t> labels(200'000, 7);
  labels.insert(labels.end(), {1, 2, 2, kIgnoredLabel, kIgnoredLabel});
  const LabelRuns runs(labels);
  EXPECT_EQ(runs.Labels(), labels);
  EXPECT_LE(runs.bytes(), 40u);
}

TEST(PaintLabels, WhatHasNoColourIsGrey) {
  const Image image =
      PaintLabels(3, 1, std::vector<uint16_t>{1, kIgnoredLabel, 0}, std::vector<Colour>{{1, 2, 3}, {4, 5, 6}});
  EXPECT_THAT(image.rgb, ElementsAre(4, 5, 6, 160, 160, 160, 1, 2, 3));
}

}  // namespace
}  // namespace fcn
