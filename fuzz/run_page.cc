#include <algorithm>

#include "fcn/report.h"
#include "target.h"
#include "train/history.h"

namespace fcn::fuzz {
namespace {

/// As fcn report puts a history on its page.
ReportInput InputOf(const History& history, const std::string& text) {
  ReportInput input;
  input.title = input.lead = input.training = text;
  input.facts.emplace_back(text, text);
  for (const HistoryEntry& entry : history) {
    if (const auto* training = std::get_if<TrainingEntry>(&entry)) {
      input.loss.emplace_back(training->iteration, training->loss);
    } else {
      const auto& validation = std::get<ValidationEntry>(entry);
      input.heads.resize(std::max(input.heads.size(), validation.heads.size()));
      for (size_t i = 0; i < validation.heads.size(); i++) {
        const HeadEntry& of_head = validation.heads[i];
        ReportHead& head = input.heads[i];
        head.mean_iu.emplace_back(validation.iteration, of_head.mean_iu);
        ReportScores& scores = head.scores.emplace();
        scores.iteration = validation.iteration;
        scores.pixel_accuracy = of_head.pixel_accuracy, scores.mean_iu = of_head.mean_iu;
        for (const double iu : of_head.class_iu) scores.per_class.emplace_back(text, iu);
      }
    }
  }
  for (ReportHead& head : input.heads) {
    head.legend.push_back({text, {1, 2, 3}});
    if (input.heads.size() > 1) head.name = text;
  }
  return input;
}

}  // namespace
}  // namespace fcn::fuzz

/// Any text as the lines of log.jsonl, and as every text of the page that is made of them: no more tags than the page's
/// own, and every figure a number.
FUZZ_TARGET(run_page) {
  using namespace fcn;
  if (size > 8192) return -1;
  const std::string text(fuzz::Text(data, size));
  History history;
  fuzz::Accepts([&] { history = ParseHistory(text, "fuzz"); });
  const auto tags = [](const std::string& page) { return std::ranges::count(page, '<'); };
  const std::string page = TrainingReport(fuzz::InputOf(history, text));
  const std::string plain = TrainingReport(fuzz::InputOf(history, text.empty() ? "" : "text"));
  fuzz::Require(tags(page) == tags(plain), "texts are no tags");
  fuzz::Require(page.find('\x1b') == page.npos, "a page has no control characters");
  return 0;
}
