#include "fcn/report.h"

#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "image/test_images.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/test_page.h"

namespace fcn {
namespace {

using test::Count;
using test::ExpectNothingFromOutside;
using test::ExpectWellFormed;

ReportInput Everything() {
  ReportInput input;
  input.title = "A <title> & more";
  input.lead = "It's \"quoted\"";
  const Image picture = test::Gradient(40, 30);
  input.photo = ReportPhoto{
      .photo = picture,
      .name = "dog<1>.jpg",
      .heads = {{.overlay = picture, .found = {{{"dog", {1, 2, 255}}, 0.25}, {{"cat", {0, 9, 0}}, 0.0001}}}},
      .model = "<m>"};
  input.training = "It learned from a&b.";
  for (int i = 0; i < 30; i++) input.loss.emplace_back(i, 3.0 / (1 + i));
  ReportHead& head = input.heads[0];
  head.mean_iu = {{10, 0.25}, {20, NAN}, {30, 0.75}};
  head.scores = ReportScores{30, 0.9, ReportScores::kUnknown, 0.75, 0.8, {{"dog", 0.5}, {"<unicorn>", NAN}}};
  head.legend = {{"dog", {1, 2, 255}}, {"<unicorn>", {3, 3, 3}}};
  input.rows = {{"a\"b", picture, {{picture, picture}}}, {"second", picture, {{picture, picture}}}};
  input.facts = {{"Time", "61 s"}};
  return input;
}

TEST(Report, ShowsEverythingThatItIsGiven) {
  const std::string html = TrainingReport(Everything());
  ExpectWellFormed(html);
  for (const char* part :
       {"<h1>A &lt;title&gt; &amp; more</h1>", "It&#39;s &quot;quoted&quot;", "dog&lt;1&gt;.jpg", "mask: dog and cat",
        "<b>25.0 %</b>", "<b>&lt; 0.1 %</b>", "#0102ff", "labelled by &lt;m&gt;", "learned from a&amp;b. The loss",
        "iteration 10: 25.0 %", "Mean IU</dt><dd>75.0 %", "at iteration 30", "&lt;unicorn&gt;", "absent",
        "Prediction for a&quot;b", "61 s"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(Count(html, "<img "), 8u);
  EXPECT_EQ(Count(html, "<svg "), 2u);
  EXPECT_EQ(Count(html, "<img "), Count(html, " alt=\""));
  EXPECT_EQ(Count(html, "Mean accuracy"), 0u);  // not known
  EXPECT_EQ(html, TrainingReport(Everything()));
}

TEST(Report, ShowsEachHead) {
  ReportInput input = Everything();
  input.heads.push_back(input.heads[0]);
  input.heads[0].name = "class", input.heads[1].name = "geometry";
  for (ReportRow& row : input.rows) row.heads.push_back(row.heads[0]);
  const std::string html = TrainingReport(input);
  ExpectWellFormed(html);
  for (const char* part : {"<h3>class</h3>", "<h3>geometry</h3>", "Mean IU: geometry", "<h2>Scores: class</h2>"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(Count(html, "<img "), 2u + 2 * 2 * 3);
  EXPECT_EQ(Count(html, "<svg "), 3u);
}

TEST(Report, NeedsNothingFromOutside) { ExpectNothingFromOutside(TrainingReport(Everything())); }

TEST(Report, ShowsEachHeadOfAPhotograph) {
  ReportInput input;
  input.title = "Two heads";
  const Image picture = test::Gradient(40, 30);
  input.photo = ReportPhoto{.photo = picture,
                            .name = "dog.jpg",
                            .others = {{"depth", picture}},
                            .heads = {{.name = "class", .overlay = picture, .found = {{{"dog", {1, 2, 255}}, 1}}},
                                      {.name = "near<1>", .overlay = picture, .found = {{{"far", {9, 2, 1}}, 1}}}},
                            .model = "m"};
  const std::string html = TrainingReport(input);
  ExpectWellFormed(html);
  for (const char* part :
       {"<figcaption>depth</figcaption>", "<figcaption>class: every pixel, labelled by m</figcaption>",
        "a mask of near&lt;1&gt;: far", "<h3>class</h3>", "<h3>near&lt;1&gt;</h3>", "#090201"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
  EXPECT_EQ(Count(html, "<img "), 4u);
}

TEST(Report, LeavesOutWhatThereIsNot) {
  ReportInput input;
  input.title = "Nothing";
  std::string html = TrainingReport(input);
  ExpectWellFormed(html);
  for (const char* part : {"<img", "<svg", "<h2", "<section", "<dl", "class=\"lead\""})
    EXPECT_EQ(html.find(part), std::string::npos) << part;

  input.photo = Everything().photo;
  html = TrainingReport(input);
  ExpectWellFormed(html);
  EXPECT_EQ(Count(html, "<img "), 2u);
  EXPECT_EQ(Count(html, "<h2"), 0u);
}

TEST(Report, ShrinksLargePhotographsAndKeepsTheirShape) {
  ReportInput input;
  input.title = "Large";
  const Image picture = test::Gradient(2800, 1400);
  input.photo = ReportPhoto{.photo = picture, .name = "large.png", .heads = {{.overlay = picture}}};
  const std::string html = TrainingReport(input);
  EXPECT_EQ(Count(html, R"( width="1400" height="700")"), 2u);
}

TEST(Report, PicturesComeBack) {
  const Image picture = test::Noise(17, 9);
  const auto decode = [](const std::string& uri) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::vector<uint8_t> bytes;
    uint32_t bits = 0;
    int count = 0;
    for (const char c : uri.substr(uri.find(',') + 1)) {
      if (c == '=') break;
      bits = bits << 6 | static_cast<uint32_t>(digits.find(c));
      if (++count % 4 != 1) bytes.push_back(static_cast<uint8_t>(bits >> (6 - 2 * ((count - 1) % 4))));
    }
    return test::Decode(bytes);
  };
  test::ExpectSame(decode(FlatUri(picture)), picture);
  const Image smooth = test::Gradient(64, 48);
  test::ExpectClose(decode(PhotoUri(smooth)), smooth, 16);
}

TEST(Html, EscapesWhatMeansSomething) {
  EXPECT_EQ(EscapeHtml("a<b>&\"'\n"), "a&lt;b&gt;&amp;&quot;&#39;\n");
  EXPECT_EQ(EscapeHtml("größer 猫 🐕"), "größer 猫 🐕");
  EXPECT_EQ(EscapeHtml("a\x01\x7f\u202e<\xff"), "a\\x01\\x7f\\u202e&lt;\\xff");  // what is hidden or no UTF-8
  EXPECT_EQ(EscapeHtml("\xc0\xbc"), "\\xc0\\xbc");                               // < in too many bytes
}

// The vectors of RFC 4648, section 10.
TEST(Html, Base64) {
  const auto encode = [](std::string_view text) {
    return Base64({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encode("\xfb\xff\xfe"), "+//+");
}

TEST(Plot, AxesHaveRoundSteps) {
  EXPECT_EQ(AxisSteps(0, 10, 6), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(AxisSteps(0, 103, 7), (std::vector<double>{0, 20, 40, 60, 80, 100, 120}));
  EXPECT_EQ(AxisSteps(-1, 1, 5).front(), -1);
  for (const double high : {1e-9, 0.003, 0.7, 1.0, 2.3, 99.0, 101.0, 12345.0, 3e12}) {
    const std::vector<double> steps = AxisSteps(0, high, 7);
    EXPECT_GE(steps.size(), 3u) << high;
    EXPECT_LE(steps.size(), 7u) << high;
    EXPECT_EQ(steps.front(), 0);
    EXPECT_GE(steps.back(), high * (1 - 1e-9));
    EXPECT_LE(steps[steps.size() - 2], high);
  }
  EXPECT_GE(AxisSteps(0, 0, 5).size(), 2u);
}

TEST(Plot, OnlyFinitePointsInsideTheFrame) {
  Plot plot{"Loss", "iteration", "nats", {{0, NAN}, {1, INFINITY}}, false, true};
  EXPECT_EQ(PlotSvg(plot), "");
  plot.points.clear();
  EXPECT_EQ(PlotSvg(plot), "");
  for (const double value : {0.0, 1.0, 1e-30, 1e30, -5.0}) {
    plot.points = {{3, NAN}, {7, value}};
    const std::string svg = PlotSvg(plot);
    EXPECT_NE(svg.find("iteration 7: "), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos) << value;
    EXPECT_EQ(svg.find("inf"), std::string::npos) << value;
  }
  for (int i = 0; i < 5000; i++) plot.points.emplace_back(10 + i, 1 + i % 7);
  const std::string svg = PlotSvg(plot);
  EXPECT_LE(Count(svg, "<title>"), 70u);
  const std::regex number(R"re([ML](-?[0-9.]+) (-?[0-9.]+))re");
  size_t seen = 0;
  for (std::sregex_iterator match(svg.begin(), svg.end(), number), end; match != end; match++, seen++) {
    EXPECT_GE(std::stod((*match)[1]), 0);
    EXPECT_LE(std::stod((*match)[1]), 560);
    EXPECT_GE(std::stod((*match)[2]), 0);
    EXPECT_LE(std::stod((*match)[2]), 300);
  }
  EXPECT_GE(seen, 5000u);
}

}  // namespace
}  // namespace fcn
