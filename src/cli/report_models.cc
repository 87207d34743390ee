#include "cli/report_models.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>

#include "cli/evaluated_data.h"
#include "cli/outputs.h"
#include "cli/picture_notes.h"
#include "cli/progress.h"
#include "fcn/comparison.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/report.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

std::vector<Model> OpenModels(const std::vector<std::string>& files) {
  std::vector<Model> models;
  for (const std::string& file : files) {
    models.push_back(Model::Open(file));
    if (models.back().is_classifier())
      throw Error(ErrorCode::kUnsupported, fmt::format("{} gives a class to a whole picture, none to its pixels", file),
                  "fcn report compares models that were trained to segment.");
  }
  return models;
}

Outputs PlanComparison(const ComparisonVerbOptions& options, const DatasetOptions& data) {
  Outputs outputs(options.overwrite);
  outputs.Add(options.output);
  std::vector<fs::path> inputs(options.models.begin(), options.models.end());
  for (fs::path& file : FilesOfDataset(data)) inputs.push_back(std::move(file));
  outputs.Check(inputs);
  return outputs;
}

/// "val of my-pictures".
std::string DataName(const DatasetOptions& data) {
  return data.split.empty() ? data.folder : fmt::format("{} of {}", data.split, data.folder);
}

void AddTexts(const ComparisonVerbOptions& options, const DatasetOptions& data, std::span<const NamedModel> models,
              Comparison& comparison) {
  std::vector<std::string> names;
  for (const NamedModel& model : models) names.push_back(model.name);
  comparison.title = options.title.empty() ? fmt::format("{}", fmt::join(names, ", ")) : options.title;
  const Evaluation& first = comparison.models[0].evaluation;
  const size_t count = first.names.size();
  comparison.lead =
      options.lead.empty()
          ? fmt::format("How well {} the {} of {}.", models.size() > 1 ? "these models label" : "this model labels",
                        count == 1 ? "one picture" : fmt::format("{} pictures", count), DataName(data))
          : options.lead;
  comparison.facts.emplace_back("Data", DataName(data));
  comparison.facts.emplace_back(
      "Pixels that count", fmt::format("{:.2f} million", static_cast<double>(first.heads[0].matrix.pixels()) / 1e6));
  for (size_t m = 0; m < models.size(); m++)
    comparison.facts.emplace_back(models[m].name, fmt::format("{} ({})", models[m].model.name(), options.models[m]));
}

/// Row by row: of each true class the pixels that were taken for each.
nlohmann::ordered_json ConfusionJson(const ConfusionMatrix& matrix) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (int i = 0; i < matrix.classes(); i++) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (int j = 0; j < matrix.classes(); j++) row.push_back(matrix.count(i, j));
    rows.push_back(std::move(row));
  }
  return rows;
}

nlohmann::ordered_json ModelJson(const ComparedModel& model, const std::string& file) {
  nlohmann::ordered_json json = {{"name", model.name}, {"file", file}};
  json.update(nlohmann::ordered_json::parse(ScoresJson(model.evaluation.scores())));
  const std::vector<EvaluatedHead>& heads = model.evaluation.heads;
  for (size_t i = 0; i < heads.size(); i++)
    (heads.size() == 1 ? json : json["heads"][i])["confusion"] = ConfusionJson(heads[i].matrix);
  return json;
}

nlohmann::ordered_json PictureJson(const ComparedPicture& picture) {
  constexpr const char* kRanks[] = {"typical", "best", "worst"};
  nlohmann::ordered_json json = {{"name", picture.name}, {"rank", kRanks[static_cast<size_t>(picture.rank)]}};
  for (const ComparedLabels& labels : picture.heads) json["mean_iu"].push_back(labels.mean_ius);
  if (picture.heads.size() == 1) json["mean_iu"] = json["mean_iu"][0];
  return json;
}

std::string Table(const Comparison& comparison) {
  size_t width = 5;
  for (const ComparedModel& model : comparison.models) width = std::max(width, model.name.size());
  std::string text = fmt::format("  {:<{}} {:>8} {:>8} {:>8} {:>8}\n", "", width, "aAcc", "mAcc", "mIoU", "fwIoU");
  for (size_t i = 0; i < comparison.heads.size(); i++) {
    if (comparison.heads.size() > 1) text += fmt::format(" {}\n", Shown(comparison.heads[i].name));
    for (const ComparedModel& model : comparison.models) {
      const Scores scores = ComputeScores(model.evaluation.heads[i].matrix);
      text += fmt::format("  {:<{}} {:>8.4f} {:>8.4f} {:>8.4f} {:>8.4f}\n", Shown(model.name), width,
                          scores.pixel_accuracy, scores.mean_accuracy, scores.mean_iu, scores.fw_iu);
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> ModelNames(const std::vector<std::string>& files) {
  std::set<FileIdentity> seen;
  size_t deepest = 0;
  for (const std::string& file : files) {
    const auto identity = IdentityOf(file);
    if (identity && !seen.insert(*identity).second)
      throw Error(ErrorCode::kUsage, fmt::format("{} is given twice", file), "Name each model once.");
    const fs::path path(file);
    deepest = std::max(deepest, static_cast<size_t>(std::distance(path.begin(), path.end())));
  }
  std::vector<std::string> names = files;
  for (size_t parts = 1; parts <= deepest; parts++) {
    std::set<std::string> different;
    for (size_t i = 0; i < files.size(); i++) {
      const fs::path path = fs::path(files[i]).replace_extension();
      const auto all = static_cast<size_t>(std::distance(path.begin(), path.end()));
      fs::path last;
      for (auto part = std::next(path.begin(), static_cast<std::ptrdiff_t>(all - std::min(all, parts)));
           part != path.end(); part++)
        last /= *part;
      names[i] = last.string();
      different.insert(names[i]);
    }
    if (different.size() == files.size()) return names;
  }
  return files;
}

void AddComparisonOptions(CLI::App& verb, ComparisonVerbOptions& options) {
  AddPixelsOption(
      verb, "--max-pixels-at-once", [&options](int64_t pixels) { options.max_pixels_at_once = pixels; },
      "Evaluate larger pictures of --data in pieces of at most so many pixels (500K, 1M), to save memory");
  verb.add_flag("--shift-and-stitch", options.shift_and_stitch, kShiftAndStitchHelp);
  AddDatasetOptions(verb, options.data);
  for (const char* list : {"--inputs", "--heads", "--classes", "--map", "--palette"})
    verb.get_option(list)->allow_extra_args(false);  // models may follow
}

int RunComparison(const ComparisonVerbOptions& options, const CommonOptions& common) {
  if (options.data.options.folder.empty())
    throw Error(ErrorCode::kUsage, "there is nothing to compare the models on",
                "Name a data set's folder with --data.");
  const std::vector<std::string> names = ModelNames(options.models);
  const std::vector<Model> opened = OpenModels(options.models);
  const DatasetOptions data = DataFor(opened, options.data.Resolve());
  const std::unique_ptr<Dataset> dataset = OpenDataset(data);
  const Outputs outputs = PlanComparison(options, data);
  const NotedDataset noted(*dataset);
  std::vector<NamedModel> models;
  nlohmann::ordered_json notes = nlohmann::ordered_json::array();
  for (size_t m = 0; m < opened.size(); m++) {
    TellUntrained(opened[m].is_trained(), options.models[m], notes);
    models.push_back({names[m], opened[m]});
  }
  std::optional<Progress> progress;
  Comparison comparison = CompareModels(models, noted,
                                        {.max_pixels = options.max_pixels_at_once,
                                         .threshold = common.threshold,
                                         .head_thresholds = common.head_thresholds,
                                         .shift_and_stitch = options.shift_and_stitch},
                                        options.rows, common.runtime(), [&](size_t done, size_t total) {
                                          if (!progress) progress.emplace("evaluating", total);
                                          progress->Update(done);
                                        });
  progress.reset();
  noted.printed().PrintRest();
  AddTexts(options, data, models, comparison);
  const std::string page = ComparisonReport(comparison);
  WriteFile(options.output, page, outputs.ModeOf(options.output));

  nlohmann::ordered_json json = {{"output", options.output}, {"bytes", page.size()}};
  for (size_t m = 0; m < models.size(); m++)
    json["models"].push_back(ModelJson(comparison.models[m], options.models[m]));
  json["rows"] = nlohmann::ordered_json::array();
  for (const ComparedPicture& picture : comparison.pictures) json["rows"].push_back(PictureJson(picture));
  const nlohmann::ordered_json of_pictures = NotesJson(noted.notes());
  notes.insert(notes.end(), of_pictures.begin(), of_pictures.end());
  if (!notes.empty()) json["notes"] = std::move(notes);
  PrintResult(common, json,
              Table(comparison) + fmt::format("{}: {:.1f} MB, open it in a browser\n", Shown(options.output),
                                              static_cast<double>(page.size()) / 1e6));
  return 0;
}

}  // namespace fcn::cli
