#include "metrics/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "fcn/text.h"

namespace fcn {
namespace {

nlohmann::ordered_json Number(double value) {
  return std::isnan(value) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
}

std::string Text(double value) { return std::isnan(value) ? "absent" : fmt::format("{:.4f}", value); }

nlohmann::ordered_json JsonOfHead(const HeadScores& head) {
  const auto& [name, classes, scores] = head;
  nlohmann::ordered_json json = {{"pixel_accuracy", Number(scores.pixel_accuracy)},
                                 {"mean_accuracy", Number(scores.mean_accuracy)},
                                 {"mean_iu", Number(scores.mean_iu)},
                                 {"fw_iu", Number(scores.fw_iu)},
                                 {"per_class", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < classes.size(); i++) {
    const ClassScore& score = scores.per_class[i];
    json["per_class"].push_back({{"name", classes[i]},
                                 {"iu", Number(score.iu)},
                                 {"accuracy", Number(score.accuracy)},
                                 {"pixels", score.truth_pixels}});
  }
  return json;
}

std::string TextOfHead(const HeadScores& head) {
  const auto& [name, classes, scores] = head;
  std::string text;
  const auto line = [&](const char* score, const char* today, double value) {
    text += fmt::format("  {:<21} {:<7} {:>8}\n", score, today, std::isnan(value) ? "none" : Text(value));
  };
  line("pixel accuracy", "(aAcc)", scores.pixel_accuracy);
  line("mean accuracy", "(mAcc)", scores.mean_accuracy);
  line("mean IU", "(mIoU)", scores.mean_iu);
  line("frequency-weighted IU", "(fwIoU)", scores.fw_iu);

  size_t width = 5;
  int64_t total = 0;
  for (const std::string& of_class : classes) width = std::max(width, of_class.size());
  for (const ClassScore& score : scores.per_class) total += score.truth_pixels;
  text += fmt::format("\n  {:<{}} {:>8} {:>9} {:>9}\n", "class", width, "IU", "accuracy", "pixels");
  size_t absent = 0;
  for (size_t i = 0; i < classes.size(); i++) {
    const ClassScore& score = scores.per_class[i];
    const double share = total > 0 ? 100.0 * static_cast<double>(score.truth_pixels) / static_cast<double>(total) : 0;
    text += fmt::format("  {:<{}} {:>8} {:>9} {:>7.2f} %\n", classes[i], width, Text(score.iu), Text(score.accuracy),
                        share);
    absent += score.truth_pixels == 0;
  }
  if (absent > 0)
    text += fmt::format("  {} of {} classes are absent from the truth and excluded from the means.\n", absent,
                        classes.size());
  return text;
}

}  // namespace

double MeanIu(std::span<const HeadScores> heads) {
  double sum = 0;
  int count = 0;
  for (const HeadScores& head : heads)
    if (!std::isnan(head.scores.mean_iu)) sum += head.scores.mean_iu, count++;
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
}

std::string ScoresText(std::span<const HeadScores> heads) {
  if (heads.size() == 1) return TextOfHead(heads[0]);
  std::string text = fmt::format("mean IU of all heads: {:.4f}\n", MeanIu(heads));
  for (const HeadScores& head : heads) text += fmt::format("\n{}\n", Shown(head.name)) + TextOfHead(head);
  return text;
}

nlohmann::ordered_json JsonOfScores(std::span<const HeadScores> heads) {
  if (heads.size() == 1) return JsonOfHead(heads[0]);
  nlohmann::ordered_json json = {{"mean_iu", Number(MeanIu(heads))}};
  for (const HeadScores& head : heads) {
    nlohmann::ordered_json named = {{"name", head.name}};
    named.update(JsonOfHead(head));
    json["heads"].push_back(std::move(named));
  }
  return json;
}

std::string ScoresJson(std::span<const HeadScores> heads) {
  return JsonOfScores(heads).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace fcn
