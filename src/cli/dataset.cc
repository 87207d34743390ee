#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "cli/dataset_generate.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fcn/dataset_check.h"
#include "fcn/option_text.h"
#include "fcn/text.h"
#include "fcn/upper_bound.h"

namespace fcn::cli {
namespace {

/// What check and stats are told.
struct ReadingOptions {
  DatasetFlags flags;
  std::vector<int> upper_bound_strides;  ///< of stats; empty: none is asked for
};

DatasetReport Read(const DatasetFlags& flags, const CommonOptions& common) {
  std::optional<Progress> progress;
  return CheckDataset(flags.Resolve(), common.runtime(), [&](size_t done, size_t total) {
    if (!progress) progress.emplace("reading", total);
    progress->Update(done);
  });
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

void AddValues(const HeadReport& head, nlohmann::ordered_json& json, std::string& text) {
  constexpr size_t kShown = 32;
  int64_t total = 0;
  for (const ValueCounts* counts : {&head.values, &head.colours})
    for (const auto& [value, count] : *counts) total += count;
  json["values"] = nlohmann::ordered_json::array();
  text += "  stored values\n";
  for (const bool colours : {false, true}) {
    const ValueCounts& counts = colours ? head.colours : head.values;
    for (const auto& [value, count] : MostFrequent(counts, kShown)) {
      json["values"].push_back({{"value", ValueText(value, colours)}, {"pixels", count}});
      text += fmt::format("    {:<22} {:>12} pixels {:>7.2f} %\n", ValueText(value, colours), count,
                          100 * Share(count, total));
    }
    if (counts.size() > kShown) text += fmt::format("    and {} rarer ones\n", counts.size() - kShown);
  }
}

std::string ClassesFrom(const HeadReport& head) { return fmt::format("  classes from {}\n", Shown(head.classes_from)); }

/// The stored labels of each head: of the only one as those of the data set itself.
void AddLabels(const DatasetReport& report, nlohmann::ordered_json& json, std::string& text) {
  for (const HeadReport& head : report.heads) {
    const bool is_one = report.heads.size() == 1;
    nlohmann::ordered_json its;
    if (!is_one) {
      its["name"] = head.name;
      text += fmt::format("head {}\n", head.name);
    }
    nlohmann::ordered_json& where = is_one ? json : its;
    where["classes_from"] = head.classes_from;
    text += ClassesFrom(head);
    AddValues(head, where, text);
    if (!is_one) json["heads"].push_back(std::move(its));
  }
}

/// What the inputs' samples are: the figures of a preprocessing. A single picture in colour goes without.
void AddInputs(const DatasetReport& report, nlohmann::ordered_json& json, std::string& text) {
  const bool is_usual = report.inputs.size() == 1 && report.inputs[0].input == InputInfo{};
  if (is_usual) return;
  for (const InputReport& input : report.inputs) {
    nlohmann::ordered_json bands = nlohmann::ordered_json::array();
    if (input.bands.empty()) {
      text += fmt::format("  input {}: no picture of it could be read\n", input.input.name);
      json["inputs"].push_back({{"name", input.input.name}, {"type", nullptr}, {"bands", bands}});
      continue;
    }
    text += fmt::format("  input {}: {} band{} of {}\n", input.input.name, input.bands.size(),
                        input.bands.size() == 1 ? "" : "s", SampleTypeName(input.type));
    for (size_t band = 0; band < input.bands.size(); band++) {
      const BandStatistics& its = input.bands[band];
      bands.push_back(
          {{"least", its.least()}, {"most", its.most()}, {"mean", its.mean()}, {"deviation", its.deviation()}});
      text += fmt::format("    band {:>2}: {:.6g} to {:.6g}, mean {:.6g}, deviation {:.6g}\n", band + 1, its.least(),
                          its.most(), its.mean(), its.deviation());
    }
    json["inputs"].push_back({{"name", input.input.name}, {"type", SampleTypeName(input.type)}, {"bands", bands}});
  }
}

int RunCheck(const ReadingOptions& options, const CommonOptions& common) {
  const DatasetFlags& flags = options.flags;
  const DatasetReport report = Read(flags, common);
  nlohmann::ordered_json json = {{"kind", report.kind}, {"samples", report.samples}};
  if (report.heads.size() == 1) json["classes_from"] = report.heads[0].classes_from;
  json["errors"] = report.errors;
  json["findings"] = nlohmann::ordered_json::array();
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
  AddInputs(report, json, text);
  AddLabels(report, json, text);
  text += findings;
  text += report.errors == 0 ? "nothing keeps it from being used\n"
                             : fmt::format("{} errors: training would stop at them\n", report.errors);
  PrintResult(common, json, text);
  return report.errors == 0 ? 0 : 1;
}

/// How much of the pixels counts, and where the names of the classes are from.
void AddPixels(const HeadReport& head, nlohmann::ordered_json& json, std::string& text) {
  json["classes_from"] = head.classes_from;
  json["valid_pixels"] = head.frequencies.valid_pixels();
  json["ignored_pixels"] = head.ignored_pixels;
  json["unknown_pixels"] = head.unknown_pixels;
  text += ClassesFrom(head);
  if (head.unknown_pixels > 0)
    text += fmt::format("  {} pixels have labels outside of the classes: see fcn dataset check\n", head.unknown_pixels);
}

int64_t AllPixels(const HeadReport& head) {
  return head.frequencies.valid_pixels() + head.ignored_pixels + head.unknown_pixels;
}

/// What of a data set could not be read, and the sizes of its pictures.
void AddPictures(const DatasetReport& report, nlohmann::ordered_json& json, std::string& text) {
  json["uncounted"] = report.uncounted;
  json["unreadable"] = nlohmann::ordered_json::array();
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
}

void AddClasses(const HeadReport& head, nlohmann::ordered_json& json, std::string& text) {
  const ClassFrequencies& frequencies = head.frequencies;
  const std::vector<double> weights = frequencies.MedianWeights();
  size_t width = 5;
  for (const std::string& name : head.classes) width = std::max(width, name.size());
  text += fmt::format("\n  {:>5} {:<{}} {:>9} {:>9} {:>8}\n", "index", "class", width, "pixels", "pictures", "weight");
  for (size_t i = 0; i < head.classes.size(); i++) {
    const double share = Share(frequencies.pixels(i), frequencies.valid_pixels());
    json["classes"].push_back({{"index", i},
                               {"name", head.classes[i]},
                               {"pixels", frequencies.pixels(i)},
                               {"share", share},
                               {"pictures", frequencies.pictures(i)},
                               {"weight", weights[i]}});
    text += fmt::format("  {:>5} {:<{}} {:>7.2f} % {:>9} {:>8.3f}\n", i, head.classes[i], width, 100 * share,
                        frequencies.pictures(i), weights[i]);
  }
}

/// What of the truth is left at coarse resolutions.
void AddUpperBounds(const ReadingOptions& options, const CommonOptions& common, nlohmann::ordered_json& json,
                    std::string& text) {
  const std::unique_ptr<Dataset> dataset = OpenDataset(options.flags.Resolve());
  std::optional<Progress> progress;
  const std::vector<UpperBound> bounds =
      UpperBounds(*dataset, options.upper_bound_strides, common.runtime(), [&](size_t done, size_t total) {
        if (!progress) progress.emplace("downsampling", total);
        progress->Update(done);
      });
  progress.reset();
  for (const UpperBound& bound : bounds) {
    nlohmann::ordered_json its = {{"stride", bound.stride}};
    its.update(nlohmann::ordered_json::parse(ScoresJson(bound.evaluation.scores())));
    json["upper_bounds"].push_back(std::move(its));
  }
  text += "\n  about the most that predictions of a stride can score: the truth, downsampled and upsampled again\n";
  for (size_t head = 0; head < dataset->heads().size(); head++) {
    if (dataset->heads().size() > 1) text += fmt::format("  head {}\n", Shown(dataset->heads()[head].name));
    text += fmt::format("  {:>6} {:>9} {:>15}\n", "stride", "mean IU", "pixel accuracy");
    for (const UpperBound& bound : bounds) {
      const Scores scores = ComputeScores(bound.evaluation.heads[head].matrix);
      text += fmt::format("  {:>6} {:>9.4f} {:>15.4f}\n", bound.stride, scores.mean_iu, scores.pixel_accuracy);
    }
  }
}

int RunStats(const ReadingOptions& options, const CommonOptions& common) {
  const DatasetFlags& flags = options.flags;
  const DatasetReport report = Read(flags, common);
  const HeadReport& first = report.heads[0];
  nlohmann::ordered_json json = {{"kind", report.kind}, {"samples", report.samples}};
  std::string text =
      fmt::format("{} ({}): {} samples, {:.2f} million pixels, {:.2f} % of them ignored\n", Shown(flags.options.folder),
                  report.kind, report.samples, static_cast<double>(AllPixels(first)) / 1e6,
                  100 * Share(first.ignored_pixels, AllPixels(first)));
  const bool is_one = report.heads.size() == 1;
  if (is_one) AddPixels(first, json, text);
  AddPictures(report, json, text);
  AddInputs(report, json, text);
  if (is_one) AddClasses(first, json, text);
  for (const HeadReport& head : report.heads) {
    if (is_one) break;
    nlohmann::ordered_json its = {{"name", head.name}};
    text += fmt::format("\nhead {}: {:.2f} % of the pixels ignored\n", head.name,
                        100 * Share(head.ignored_pixels, AllPixels(head)));
    AddPixels(head, its, text);
    AddClasses(head, its, text);
    json["heads"].push_back(std::move(its));
  }
  text += "  weight: median frequency balancing, for class_weights\n";
  if (!options.upper_bound_strides.empty()) AddUpperBounds(options, common, json, text);
  PrintResult(common, json, text);
  return report.uncounted == 0 && report.samples > 0 ? 0 : 1;
}

using ReadingAction = int (*)(const ReadingOptions&, const CommonOptions&);

std::shared_ptr<ReadingOptions> AddReading(CLI::App& dataset, const char* name, const char* what, ReadingAction action,
                                           const CommonOptions& common, Run& run) {
  auto options = std::make_shared<ReadingOptions>();
  CLI::App* verb = dataset.add_subcommand(name, what);
  AddDatasetOptions(*verb, options->flags);
  verb->get_option("--data")->required();
  verb->final_callback([=, &common, &run] { run = [=, &common] { return action(*options, common); }; });
  return options;
}

/// "32,16,8"; the paper's where there are none. Throws CLI::ValidationError for what is no stride.
std::vector<int> ParseStrides(const std::string& text) {
  if (text.empty()) return {std::begin(kUpperBoundStrides), std::end(kUpperBoundStrides)};
  constexpr int64_t kMost = 1 << 16;
  std::vector<int> strides;
  std::string_view rest = text;
  for (bool is_last = false; !is_last;) {
    const size_t comma = rest.find(',');
    is_last = comma == rest.npos;
    const std::optional<int64_t> stride = ParseWhole(Trimmed(rest.substr(0, comma)));
    if (!stride || *stride < 1 || *stride > kMost)
      throw CLI::ValidationError("--upper-bound", fmt::format("{} are no strides, as 32,16,8 are", Quoted(text)));
    strides.push_back(static_cast<int>(*stride));
    if (!is_last) rest.remove_prefix(comma + 1);
  }
  return strides;
}

void AddUpperBoundOption(CLI::App& verb, ReadingOptions& options) {
  AddListOption(
      verb, "--upper-bound", "STRIDE,STRIDE",
      [&options](const std::string& text) { options.upper_bound_strides = ParseStrides(text); },
      "Also about the most that predictions of these output strides can score [128,64,32,16,8,4]")
      ->expected(0, -1);
}

}  // namespace

void AddDataset(CLI::App& app, const CommonOptions& common, Run& run) {
  CLI::App* dataset = app.add_subcommand("dataset", "Check, describe or generate labelled pictures");
  dataset->require_subcommand(1);
  AddReading(*dataset, "check", "Read everything and name what is wrong: files, values, sizes", RunCheck, common, run);
  const std::shared_ptr<ReadingOptions> stats = AddReading(
      *dataset, "stats", "Classes, sizes, weights that balance the classes, and measured bands", RunStats, common, run);
  AddUpperBoundOption(*dataset->get_subcommand("stats"), *stats);
  AddDatasetGenerate(*dataset, common, run);
  // What every verb understands is the outer verb's.
  for (CLI::App* verb : dataset->get_subcommands({})) verb->fallthrough();
}

}  // namespace fcn::cli
