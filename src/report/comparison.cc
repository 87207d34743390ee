#include "fcn/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "report/confusion.h"
#include "report/html.h"
#include "report/page.h"
#include "report/paint.h"
#include "report/style.h"

namespace fcn {
namespace {

/// The four scores, the paper's name and today's.
struct ScoreColumn {
  const char *name, *today;
  double Scores::*value;
};
constexpr ScoreColumn kScoreColumns[] = {{"Pixel accuracy", "aAcc", &Scores::pixel_accuracy},
                                         {"Mean accuracy", "mAcc", &Scores::mean_accuracy},
                                         {"Mean IU", "mIoU", &Scores::mean_iu},
                                         {"Frequency-weighted IU", "fwIoU", &Scores::fw_iu}};

/// Wide tables and matrices are scrolled in themselves, so that the page is not.
constexpr const char* kScrolledCard = "<div class=\"card scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\">";

/// Of several values the largest, to be marked; NaN where there are not several.
double BestOf(std::span<const double> values) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const double value : values)
    if (values.size() > 1 && !std::isnan(value) && !(best >= value)) best = value;
  return best;
}

std::string Marked(double value, double best, const std::string& text) {
  return value == best ? "<b>" + text + "</b>" : text;
}

/// "Scores", "Scores: geometry".
std::string Heading(const char* what, const HeadInfo& head) {
  return fmt::format("<h2>{}{}</h2>\n", what, head.name.empty() ? "" : ": " + EscapeHtml(head.name));
}

std::string ModelTable(const Comparison& comparison, std::span<const Scores> scores) {
  std::string html =
      fmt::format("{}<table class=\"figures models\">\n<thead><tr><th scope=\"col\">Model</th>", kScrolledCard);
  for (const ScoreColumn& column : kScoreColumns)
    html += fmt::format("<th scope=\"col\" class=\"value\">{} <span class=\"unit\">{}</span></th>", column.name,
                        column.today);
  html += "</tr></thead>\n<tbody>\n";
  for (size_t m = 0; m < scores.size(); m++) {
    html += fmt::format("<tr><th scope=\"row\">{}</th>", EscapeHtml(comparison.models[m].name));
    for (const ScoreColumn& column : kScoreColumns) {
      std::vector<double> all;
      for (const Scores& of_model : scores) all.push_back(of_model.*column.value);
      html += fmt::format("<td class=\"value\">{}</td>", Marked(all[m], BestOf(all), Percent(all[m])));
    }
    html += "</tr>\n";
  }
  return html + "</tbody>\n</table></div>\n";
}

std::string IuRow(const HeadInfo& head, size_t c, std::span<const Scores> scores, int64_t pixels) {
  std::string html = "<tr><th scope=\"row\">";
  if (c < head.palette.size()) html += Swatch(head.palette[c]);
  const int64_t its = scores[0].per_class[c].truth_pixels;
  html += fmt::format("{}</th><td class=\"value\">{}</td>", EscapeHtml(head.classes[c]),
                      Percent(static_cast<double>(its) / static_cast<double>(pixels)));
  std::vector<double> ius;
  for (const Scores& of_model : scores) ius.push_back(of_model.per_class[c].iu);
  for (const double iu : ius)
    html +=
        fmt::format("<td class=\"value\">{}<div class=\"bar\"><span style=\"width:{:.1f}%\"></span></div></td>",
                    std::isnan(iu) ? "absent" : Marked(iu, BestOf(ius), Percent(iu)), std::isnan(iu) ? 0 : 100 * iu);
  return html + "</tr>\n";
}

std::string IuTable(const Comparison& comparison, const HeadInfo& head, std::span<const Scores> scores) {
  int64_t pixels = 0;
  for (const ClassScore& of_class : scores[0].per_class) pixels += of_class.truth_pixels;
  std::string html = fmt::format(
      "{}<table class=\"figures classes\">\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\" "
      "class=\"value\">Pixels "
      "<span class=\"unit\">of the truth</span></th>",
      kScrolledCard);
  for (const ComparedModel& model : comparison.models)
    html +=
        fmt::format("<th scope=\"col\" class=\"value\">{} <span class=\"unit\">IU</span></th>", EscapeHtml(model.name));
  html += "</tr></thead>\n<tbody>\n";
  for (size_t c = 0; c < head.classes.size(); c++) html += IuRow(head, c, scores, pixels);
  return html + "</tbody>\n</table></div>\n";
}

std::vector<Scores> ScoresOf(const Comparison& comparison, size_t head) {
  std::vector<Scores> scores;
  scores.reserve(comparison.models.size());
  for (const ComparedModel& model : comparison.models)
    scores.push_back(ComputeScores(model.evaluation.heads[head].matrix));
  return scores;
}

/// Of several heads what is best on the whole.
std::string AllHeadsSection(const Comparison& comparison) {
  if (comparison.heads.size() < 2) return {};
  std::string html = fmt::format(
      "<section>\n<h2>All heads</h2>\n<p class=\"note\">The mean of the heads' mean IU.</p>\n{}<table "
      "class=\"figures models\">\n<thead><tr><th scope=\"col\">Model</th><th scope=\"col\" class=\"value\">Mean "
      "IU</th></tr>"
      "</thead>\n<tbody>\n",
      kScrolledCard);
  std::vector<double> means;
  for (const ComparedModel& model : comparison.models) {
    std::vector<HeadScores> scores;
    scores.reserve(model.evaluation.heads.size());
    for (const EvaluatedHead& head : model.evaluation.heads)
      scores.push_back({head.name, head.classes, ComputeScores(head.matrix)});
    means.push_back(MeanIu(scores));
  }
  for (size_t m = 0; m < means.size(); m++)
    html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"value\">{}</td></tr>\n",
                        EscapeHtml(comparison.models[m].name), Marked(means[m], BestOf(means), Percent(means[m])));
  return html + "</tbody>\n</table></div>\n</section>\n";
}

std::string HeadScoresSection(const Comparison& comparison, size_t i) {
  const HeadInfo& head = comparison.heads[i];
  const std::vector<Scores> scores = ScoresOf(comparison, i);
  return "<section>\n" + Heading("Scores", head) +
         "<p class=\"note\">From one confusion matrix over all pixels that count. A class that the truth does not show "
         "has no score and is left out of the means.</p>\n" +
         ModelTable(comparison, scores) + "</section>\n<section>\n" +
         Heading("Intersection over union by class", head) + IuTable(comparison, head, scores) + "</section>\n";
}

const char* RankName(PictureRank rank) {
  return rank == PictureRank::kBest ? "best" : rank == PictureRank::kWorst ? "worst" : "typical";
}

/// A picture, what the models made of it, and the truth; of further heads without the picture.
std::string Shots(const Comparison& comparison, const ComparedPicture& picture, size_t i) {
  const ComparedLabels& labels = picture.heads[i];
  const std::string of_head = comparison.heads[i].name.empty() ? "" : comparison.heads[i].name + " of ";
  std::string html = fmt::format("<div class=\"shots\" style=\"--shots:{}\">\n", labels.predictions.size() + 2);
  if (i == 0) html += Figure(ImageTag(PhotoUri(picture.photo), picture.photo, "Image " + picture.name), "Image");
  for (size_t m = 0; m < labels.predictions.size(); m++) {
    const std::string& model = comparison.models[m].name;
    const double iu = labels.mean_ius[m];
    html += Figure(ImageTag(FlatUri(labels.predictions[m]), labels.predictions[m],
                            fmt::format("{}{} by {}", of_head, picture.name, model)),
                   std::isnan(iu) ? model : fmt::format("{} · {:.1f}\u00a0%", model, 100 * iu));
  }
  return html +
         Figure(ImageTag(FlatUri(labels.truth), labels.truth, fmt::format("Truth, {}{}", of_head, picture.name)),
                "Truth") +
         "</div>\n";
}

std::string Legend(const HeadInfo& head) {
  std::string html = "<ul class=\"legend\">\n";
  for (size_t c = 0; c < std::min(head.classes.size(), head.palette.size()); c++)
    html += fmt::format("<li>{}{}</li>\n", Swatch(head.palette[c]), EscapeHtml(head.classes[c]));
  // A class may be grey, too.
  return html + fmt::format("<li>{}does not count</li>\n</ul>\n", Swatch(kUncountedColour));
}

std::string PicturesSection(const Comparison& comparison) {
  if (comparison.pictures.empty()) return {};
  std::string html = fmt::format(
      "<section>\n<h2>Pictures</h2>\n<p class=\"note\">Typical, best and worst by the mean IU of {} on the picture, "
      "which stands below each prediction of its model.</p>\n",
      EscapeHtml(comparison.models[0].name));
  for (const HeadInfo& head : comparison.heads) {
    if (comparison.heads.size() > 1) html += fmt::format("<h3>{}</h3>\n", EscapeHtml(head.name));
    html += Legend(head);
  }
  html += "<div class=\"compared\">\n";
  for (const ComparedPicture& picture : comparison.pictures) {
    html += fmt::format("<div>\n<h3>{} <span class=\"unit\">· {}</span></h3>\n", EscapeHtml(picture.name),
                        RankName(picture.rank));
    for (size_t i = 0; i < picture.heads.size(); i++) {
      if (picture.heads.size() > 1)
        html += fmt::format("<p class=\"unit\">{}</p>\n", EscapeHtml(comparison.heads[i].name));
      html += Shots(comparison, picture, i);
    }
    html += "</div>\n";
  }
  return html + "</div>\n</section>\n";
}

std::string MistakeTable(const ConfusionMatrix& matrix, const HeadInfo& head) {
  constexpr size_t kShown = 8;
  const std::vector<Mistake> mistakes = LargestMistakes(matrix, kShown);
  if (mistakes.empty()) return {};
  std::string html =
      "<table class=\"figures mistakes\">\n<thead><tr><th scope=\"col\">Commonest mistakes</th><th scope=\"col\" "
      "class=\"value\">of the class</th><th scope=\"col\" class=\"value\">of all pixels</th></tr></thead>\n<tbody>\n";
  const auto share = [](int64_t part, int64_t whole) {
    return Percent(static_cast<double>(part) / static_cast<double>(whole));
  };
  for (const Mistake& mistake : mistakes)
    html += fmt::format(
        "<tr><th scope=\"row\">{} <span class=\"unit\">taken for</span> {}</th><td class=\"value\">{}</td><td "
        "class=\"value\">{}</td></tr>\n",
        EscapeHtml(head.classes[static_cast<size_t>(mistake.truth)]),
        EscapeHtml(head.classes[static_cast<size_t>(mistake.prediction)]),
        share(mistake.pixels, matrix.truth_pixels(mistake.truth)), share(mistake.pixels, matrix.pixels()));
  return html + "</tbody>\n</table>\n";
}

std::string ConfusionSection(const Comparison& comparison, size_t i) {
  const HeadInfo& head = comparison.heads[i];
  std::string html =
      "<section>\n" + Heading("What is taken for what", head) +
      "<p class=\"note\">Rows are the truth, columns what the model takes it for, in per cent of the row's "
      "pixels; a cell is the stronger the larger its share.</p>\n<div class=\"matrices\">\n";
  for (const ComparedModel& model : comparison.models) {
    const ConfusionMatrix& matrix = model.evaluation.heads[i].matrix;
    html += fmt::format("<div class=\"card\">\n<h3>{}</h3>\n", EscapeHtml(model.name)) +
            ConfusionHtml(matrix, head.classes, "Confusion matrix of " + model.name) + MistakeTable(matrix, head) +
            "</div>\n";
  }
  return html + "</div>\n</section>\n";
}

}  // namespace

std::string ComparisonReport(const Comparison& comparison) {
  std::string html =
      PageStart(comparison.title, comparison.lead, std::string(kReportStyle) + std::string(kComparisonStyle)) +
      AllHeadsSection(comparison);
  for (size_t i = 0; i < comparison.heads.size(); i++) html += HeadScoresSection(comparison, i);
  html += PicturesSection(comparison);
  for (size_t i = 0; i < comparison.heads.size(); i++) html += ConfusionSection(comparison, i);
  return html + PageEnd(comparison.facts);
}

}  // namespace fcn
