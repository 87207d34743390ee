#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/quoted.h"
#include "cli/dataset_generate.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "data/check.h"
#include "fcn/error.h"

namespace fcn::cli {
namespace {

DatasetReport Read(const DatasetFlags& flags, const CommonOptions& common) {
  const DatasetOptions options = flags.Resolve();
  const Context context(common.threads, common.chosen_isa());
  const size_t samples = ListDataset(options).samples.size();
  Progress progress("reading", samples);
  return CheckDataset(options, context, [&](size_t done) { progress.Update(done); });
}

double Share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

/// The values that occur most, up to `limit`.
std::vector<std::pair<uint32_t, int64_t>> MostFrequent(const ValueCounts& counts, size_t limit) {
  std::vector<std::pair<uint32_t, int64_t>> values(counts.begin(), counts.end());
  if (values.size() <= limit) return values;  // all, in their own order
  std::ranges::stable_sort(values, std::ranges::greater(), [](const auto& value) { return value.second; });
  values.resize(limit);
  return values;
}

void AddValues(const DatasetReport& report, nlohmann::ordered_json& json, std::string& text) {
  constexpr size_t kShown = 32;
  int64_t total = 0;
  for (const ValueCounts* counts : {&report.values, &report.colours})
    for (const auto& [value, count] : *counts) total += count;
  json["values"] = nlohmann::ordered_json::array();
  text += "  stored values\n";
  for (const bool colours : {false, true}) {
    const ValueCounts& counts = colours ? report.colours : report.values;
    for (const auto& [value, count] : MostFrequent(counts, kShown)) {
      json["values"].push_back({{"value", ValueText(value, colours)}, {"pixels", count}});
      text += fmt::format("    {:<22} {:>12} pixels {:>7.2f} %\n", ValueText(value, colours), count,
                          100 * Share(count, total));
    }
    if (counts.size() > kShown) text += fmt::format("    and {} rarer ones\n", counts.size() - kShown);
  }
}

std::string ClassesFrom(const DatasetReport& report) {
  return fmt::format("  classes from {}\n", Shown(report.classes_from));
}

int RunCheck(const DatasetFlags& flags, const CommonOptions& common) {
  const DatasetReport report = Read(flags, common);
  nlohmann::ordered_json json = {{"kind", report.kind},
                                 {"samples", report.samples},
                                 {"classes_from", report.classes_from},
                                 {"errors", report.errors},
                                 {"findings", nlohmann::ordered_json::array()}};
  std::map<std::string, size_t> kinds;
  std::string findings;
  constexpr size_t kShown = 20;  // of each kind
  for (const Finding& finding : report.findings) {
    json["findings"].push_back(
        {{"kind", finding.kind}, {"file", finding.file}, {"message", finding.message}, {"is_error", finding.is_error}});
    if (++kinds[finding.kind] <= kShown) findings += fmt::format("  {}: {}\n", finding.kind, Shown(finding.message));
  }
  for (const auto& [kind, count] : kinds)
    if (count > kShown) findings += fmt::format("  {}: {} more (all of them with --json)\n", kind, count - kShown);
  std::string text = fmt::format("{} ({}): {} samples\n", Shown(flags.options.folder), report.kind, report.samples);
  text += ClassesFrom(report);
  AddValues(report, json, text);
  text += findings;
  text += report.errors == 0 ? "nothing keeps it from being used\n"
                             : fmt::format("{} errors: training would stop at them\n", report.errors);
  PrintResult(common, json, text);
  return report.errors == 0 ? 0 : 1;
}

int RunStats(const DatasetFlags& flags, const CommonOptions& common) {
  const DatasetReport report = Read(flags, common);
  const ClassFrequencies& frequencies = report.frequencies;
  const std::vector<double> weights = frequencies.MedianWeights();
  nlohmann::ordered_json json = {{"kind", report.kind},
                                 {"samples", report.samples},
                                 {"classes_from", report.classes_from},
                                 {"valid_pixels", frequencies.valid_pixels()},
                                 {"ignored_pixels", report.ignored_pixels},
                                 {"unknown_pixels", report.unknown_pixels},
                                 {"uncounted", report.uncounted},
                                 {"unreadable", nlohmann::ordered_json::array()}};
  const int64_t all = frequencies.valid_pixels() + report.ignored_pixels + report.unknown_pixels;
  std::string text =
      fmt::format("{} ({}): {} samples, {:.2f} million pixels, {:.2f} % of them ignored\n", Shown(flags.options.folder),
                  report.kind, report.samples, static_cast<double>(all) / 1e6, 100 * Share(report.ignored_pixels, all));
  text += ClassesFrom(report);
  if (report.unknown_pixels > 0)
    text +=
        fmt::format("  {} pixels have labels outside of the classes: see fcn dataset check\n", report.unknown_pixels);
  if (report.uncounted > 0)
    text += fmt::format("  {} samples lack a file, or it cannot be read: they are not counted; see fcn dataset check\n",
                        report.uncounted);
  for (const Finding& finding : report.findings) {
    if (finding.kind != "unreadable") continue;
    text += fmt::format("  unreadable, not counted: {}\n", finding.message);
    json["unreadable"].push_back({{"file", finding.file}, {"message", finding.message}});
  }
  constexpr size_t kSizes = 8;
  for (const auto& [size, count] : report.sizes) {
    json["sizes"].push_back({{"width", size.first}, {"height", size.second}, {"pictures", count}});
    if (json["sizes"].size() <= kSizes)
      text += fmt::format("  {:>6} pictures of {}x{}\n", count, size.first, size.second);
  }
  if (report.sizes.size() > kSizes) text += fmt::format("  and {} more sizes\n", report.sizes.size() - kSizes);
  size_t width = 5;
  for (const std::string& name : report.classes) width = std::max(width, name.size());
  text += fmt::format("\n  {:>5} {:<{}} {:>9} {:>9} {:>8}\n", "index", "class", width, "pixels", "pictures", "weight");
  for (size_t i = 0; i < report.classes.size(); i++) {
    const double share = Share(frequencies.pixels(i), frequencies.valid_pixels());
    json["classes"].push_back({{"index", i},
                               {"name", report.classes[i]},
                               {"pixels", frequencies.pixels(i)},
                               {"share", share},
                               {"pictures", frequencies.pictures(i)},
                               {"weight", weights[i]}});
    text += fmt::format("  {:>5} {:<{}} {:>7.2f} % {:>9} {:>8.3f}\n", i, report.classes[i], width, 100 * share,
                        frequencies.pictures(i), weights[i]);
  }
  text += "  weight: median frequency balancing, for class_weights\n";
  PrintResult(common, json, text);
  return report.uncounted == 0 && report.samples > 0 ? 0 : 1;
}

void AddReading(CLI::App& dataset, const char* name, const char* what,
                int (*action)(const DatasetFlags&, const CommonOptions&), const CommonOptions& common, Run& run) {
  auto flags = std::make_shared<DatasetFlags>();
  CLI::App* verb = dataset.add_subcommand(name, what);
  AddDatasetOptions(*verb, *flags);
  verb->get_option("--data")->required();
  verb->final_callback([=, &common, &run] { run = [=, &common] { return action(*flags, common); }; });
}

}  // namespace

void AddDataset(CLI::App& app, const CommonOptions& common, Run& run) {
  CLI::App* dataset = app.add_subcommand("dataset", "Check, describe or generate labelled pictures");
  dataset->require_subcommand(1);
  AddReading(*dataset, "check", "Read everything and name what is wrong: files, values, sizes", RunCheck, common, run);
  AddReading(*dataset, "stats", "Classes, sizes, and weights that balance the classes", RunStats, common, run);
  AddDatasetGenerate(*dataset, common, run);
  // What every verb understands is the outer verb's.
  for (CLI::App* verb : dataset->get_subcommands({})) verb->fallthrough();
}

}  // namespace fcn::cli
