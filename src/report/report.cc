#include "fcn/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "report/style.h"

namespace fcn {
namespace {

/// A small share of the picture is not rounded to nothing.
std::string ShareOfPicture(double share) { return share > 0 && share < 0.001 ? "&lt; 0.1 %" : Percent(share); }

/// "dog, cat and person".
std::string Listing(const std::vector<ReportPhotoHead::Found>& found) {
  std::string text;
  for (size_t i = 0; i < found.size(); i++) {
    if (i > 0) text += i + 1 == found.size() ? " and " : ", ";
    text += found[i].label.name;
  }
  return text;
}

std::string PhotoFigure(const ReportPhoto& photo, const ReportPhotoHead& head) {
  const Image overlay = Shrunk(head.overlay, kMostPhotoSide);
  const std::string what = head.name.empty() ? "a mask" : "a mask of " + head.name;
  const std::string caption = head.name.empty() ? "Every pixel, labelled" : head.name + ": every pixel, labelled";
  return Figure(
      ImageTag(PhotoUri(overlay), overlay, fmt::format("The same photograph with {}: {}", what, Listing(head.found))),
      photo.model.empty() ? caption : caption + " by " + photo.model);
}

std::string PhotoSection(const ReportPhoto& photo) {
  const Image shown = Shrunk(photo.photo, kMostPhotoSide);
  std::string html = "<section>\n<div class=\"pair\">\n";
  html += Figure(ImageTag(PhotoUri(shown), shown, "The photograph " + photo.name), photo.name);
  for (const auto& [name, other] : photo.others) {
    const Image beside = Shrunk(other, kMostPhotoSide);
    html += Figure(ImageTag(PhotoUri(beside), beside, fmt::format("{} of {}", name, photo.name)), name);
  }
  for (const ReportPhotoHead& head : photo.heads) html += PhotoFigure(photo, head);
  html += "</div>\n";
  for (const ReportPhotoHead& head : photo.heads) {
    if (!head.name.empty()) html += fmt::format("<h3>{}</h3>\n", EscapeHtml(head.name));
    html += "<ul class=\"legend\">\n";
    for (const ReportPhotoHead::Found& found : head.found)
      html += fmt::format("<li>{}{} <b>{}</b></li>\n", Swatch(found.label.colour), EscapeHtml(found.label.name),
                          ShareOfPicture(found.share));
    html += "</ul>\n";
  }
  return html + "</section>\n";
}

std::string PlotCard(const Plot& plot) {
  const std::string svg = PlotSvg(plot);
  if (svg.empty()) return {};
  return fmt::format("<div class=\"card\"><h3>{} <span class=\"unit\">· {}</span></h3>{}</div>\n",
                     EscapeHtml(plot.title), EscapeHtml(plot.y_name), svg);
}

std::string CurveSection(const ReportInput& input) {
  std::string cards = PlotCard({"Loss", "iteration", "cross-entropy of a training batch", input.loss, false, true});
  for (const ReportHead& head : input.heads)
    cards += PlotCard({head.name.empty() ? "Mean IU" : "Mean IU: " + head.name, "iteration",
                       "on images held out of training", head.mean_iu, true, false});
  if (cards.empty()) return {};
  const std::string training = input.training.empty() ? "" : EscapeHtml(input.training) + " ";
  return "<section>\n<h2>How training went</h2>\n<p class=\"note\">" + training +
         "The loss falls as the network learns; the mean IU says how well it labels pictures it was never "
         "shown.</p>\n<div class=\"plots\">\n" +
         cards + "</div>\n</section>\n";
}

/// The rows of a head, which is input.heads[i].
std::string HeadRows(const ReportInput& input, size_t i) {
  const ReportHead& head = input.heads[i];
  std::string html = head.name.empty() ? "" : fmt::format("<h3>{}</h3>\n", EscapeHtml(head.name));
  if (!head.legend.empty()) {
    html += "<ul class=\"legend\">\n";
    for (const LegendEntry& entry : head.legend)
      html += fmt::format("<li>{}{}</li>\n", Swatch(entry.colour), EscapeHtml(entry.name));
    html += "</ul>\n";
  }
  html +=
      "<div class=\"heads\" aria-hidden=\"true\"><span>Image</span><span>Prediction</span><span>Truth</span></div>\n"
      "<div class=\"rows\">\n";
  for (const ReportRow& row : input.rows) {
    const Image photo = Shrunk(row.photo, kMostRowSide);
    html += "<div class=\"row\">\n";
    html += ImageTag(PhotoUri(photo), photo, "Image " + row.name) + "\n";
    const auto& [prediction, truth] = row.heads[i];
    html += ImageTag(FlatUri(prediction), prediction, "Prediction for " + row.name) + "\n";
    html += ImageTag(FlatUri(truth), truth, "Truth for " + row.name) + "\n</div>\n";
  }
  return html + "</div>\n";
}

std::string RowsSection(const ReportInput& input) {
  if (input.rows.empty()) return {};
  std::string html =
      "<section>\n<h2>Predictions beside the truth</h2>\n<p class=\"note\">Images held out of training.</p>\n";
  for (size_t i = 0; i < input.heads.size(); i++) html += HeadRows(input, i);
  return html + "</section>\n";
}

std::string ClassTable(const ReportHead& head, const ReportScores& scores) {
  std::string html =
      "<div class=\"card\"><table>\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Intersection over "
      "union</th><th class=\"value\"></th></tr></thead>\n<tbody>\n";
  for (const auto& [name, iu] : scores.per_class) {
    const auto entry = std::find_if(head.legend.begin(), head.legend.end(),
                                    [&, &wanted = name](const LegendEntry& e) { return e.name == wanted; });
    const double width = std::isfinite(iu) ? 100 * std::clamp(iu, 0.0, 1.0) : 0;
    html += fmt::format(
        "<tr><th scope=\"row\">{}{}</th><td><div class=\"bar\"><span style=\"width:{:.1f}%\"></span></div></td>"
        "<td class=\"value\">{}</td></tr>\n",
        entry == head.legend.end() ? "" : Swatch(entry->colour), EscapeHtml(name), width,
        std::isfinite(iu) ? Percent(iu) : "absent");
  }
  return html + "</tbody>\n</table></div>\n";
}

std::string ScoresSection(const ReportHead& head) {
  if (!head.scores) return {};
  const ReportScores& scores = *head.scores;
  std::string html = fmt::format(
      "<section>\n<h2>Scores{}</h2>\n<p class=\"note\">Of the best validation, at iteration {}, from one confusion "
      "matrix over all its pixels.</p>\n<dl class=\"tiles\">\n",
      head.name.empty() ? "" : ": " + EscapeHtml(head.name), scores.iteration);
  const std::pair<const char*, double> tiles[] = {{"Mean IU", scores.mean_iu},
                                                  {"Pixel accuracy", scores.pixel_accuracy},
                                                  {"Mean accuracy", scores.mean_accuracy},
                                                  {"Frequency-weighted IU", scores.fw_iu}};
  for (const auto& [name, value] : tiles) {
    if (std::isnan(value)) continue;
    html += fmt::format("<div class=\"card tile{}\"><dt>{}</dt><dd>{}</dd></div>\n",
                        name == tiles[0].first ? " first" : "", name, Percent(value));
  }
  html += "</dl>\n";
  if (!scores.per_class.empty()) html += ClassTable(head, scores);
  return html + "</section>\n";
}

}  // namespace

std::string TrainingReport(const ReportInput& input) {
  std::string html = PageStart(input.title, input.lead, kReportStyle);
  if (input.photo) html += PhotoSection(*input.photo);
  html += CurveSection(input) + RowsSection(input);
  for (const ReportHead& head : input.heads) html += ScoresSection(head);
  return html + PageEnd(input.facts);
}

}  // namespace fcn
