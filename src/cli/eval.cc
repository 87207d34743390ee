#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>

#include "cli/dataset_options.h"
#include "cli/evaluated_data.h"
#include "cli/picture_notes.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/evaluate.h"
#include "fcn/model.h"
#include "fcn/segmenter.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

struct EvalOptions {
  std::string model, predictions, truth;
  int64_t max_pixels_at_once = 0;
  size_t worst = 0;
  bool shift_and_stitch = false;
  DatasetFlags data;
};

/// What either way of evaluating gives.
struct Result {
  std::string title;
  Evaluation evaluation;
  std::vector<ImageNote> notes;
};

Result EvaluateModelFile(const EvalOptions& options, const CommonOptions& common) {
  if (options.max_pixels_at_once > 0 && options.max_pixels_at_once < kSmallestPiece)
    throw Error(ErrorCode::kUsage, fmt::format("--max-pixels-at-once {} is too small", options.max_pixels_at_once),
                fmt::format("Pieces of a picture have {} pixels or more.", kSmallestPiece));
  const Model model = Model::Open(options.model);
  if (model.is_classifier())
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to a whole picture, none to its pixels", options.model),
                "fcn eval needs a model that was trained to segment.");
  // Refuses thresholds that the model cannot have, before data is looked for.
  static_cast<void>(Segmenter(model, common.runtime(), common.threshold, common.head_thresholds));
  const DatasetOptions data = DataFor(std::span(&model, 1), options.data.Resolve());
  const std::unique_ptr<Dataset> dataset = OpenDataset(data);
  const NotedDataset noted(*dataset);
  std::optional<Progress> progress;
  Result result{fmt::format("{} on {} {}", model.name(), data.folder, data.split), {}, {}};
  result.evaluation = Evaluate(model, noted,
                               {.max_pixels = options.max_pixels_at_once,
                                .threshold = common.threshold,
                                .head_thresholds = common.head_thresholds,
                                .shift_and_stitch = options.shift_and_stitch},
                               common.runtime(), [&](size_t done, size_t total) {
                                 if (!progress) progress.emplace("evaluating", total);
                                 progress->Update(done);
                               });
  progress.reset();
  noted.printed().PrintRest();
  result.notes = noted.notes();
  return result;
}

Result EvaluateFolders(const EvalOptions& options, const CommonOptions& common) {
  DatasetOptions truth = options.data.Resolve();
  truth.folder = options.truth;
  Evaluation compared = CompareFolders(options.predictions, truth, common.runtime());
  std::string title = fmt::format("{} against {}", options.predictions, options.truth);
  if (compared.others > 0) title += fmt::format(" ({} files without a truth are left out)", compared.others);
  return {std::move(title), std::move(compared), {}};
}

/// The places of the pictures of lowest mean IU, worst first.
std::vector<size_t> Worst(const Evaluation& evaluation, size_t count) {
  std::vector<size_t> order;
  for (size_t i = 0; i < evaluation.mean_ius.size(); i++)
    if (!std::isnan(evaluation.mean_ius[i])) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return evaluation.mean_ius[i]; });
  order.resize(std::min(order.size(), count));
  return order;
}

/// Scores that say less than they seem to, because of the truth.
void NoteTruth(Result& result, const HeadScores& head) {
  std::vector<std::string> present;
  for (size_t i = 0; i < head.scores.per_class.size(); i++)
    if (head.scores.per_class[i].truth_pixels > 0) present.push_back(head.classes[i]);
  if (present.size() > 1) return;
  const std::string of_head = head.name.empty() ? "" : " of " + head.name;
  result.notes.push_back(
      {"truth",
       present.empty() ? fmt::format("no pixel of the truth{} counts", of_head)
                       : fmt::format("everything that counts in the truth{} is {}", of_head, Quoted(present[0])),
       "fcn dataset check says what the label values are; --map and --ignore-index say what they mean."});
  const ImageNote& note = result.notes.back();
  PrintNote(note.message, note.hint);
}

int RunEval(const EvalOptions& options, const CommonOptions& common) {
  const bool folders = !options.predictions.empty() || !options.truth.empty();
  if (folders == !options.model.empty() || (folders && (options.predictions.empty() || options.truth.empty())))
    throw Error(ErrorCode::kUsage, "fcn eval takes either a model or two folders of labels",
                "fcn eval --model FILE --data DIR --split NAME, or fcn eval --predictions DIR --truth DIR.");
  if (folders && (common.threshold != 0.5 || !common.head_thresholds.empty()))
    throw Error(ErrorCode::kUsage, "--threshold is of a model; two folders of labels have none",
                "fcn segment --threshold writes labels by another one.");
  if (folders && options.shift_and_stitch)
    throw Error(ErrorCode::kUsage, "--shift-and-stitch runs a model; two folders of labels have none",
                "fcn segment --shift-and-stitch writes labels.");
  if (!folders && options.data.options.folder.empty())
    throw Error(ErrorCode::kUsage, "there is nothing to evaluate the model on",
                "Name a data set's folder with --data.");
  Result result = folders ? EvaluateFolders(options, common) : EvaluateModelFile(options, common);
  const Evaluation& evaluation = result.evaluation;
  const std::vector<HeadScores> scores = evaluation.scores();
  for (const HeadScores& head : scores) NoteTruth(result, head);
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(ScoresJson(scores));
  std::string text =
      fmt::format("{}\n{} pictures, {:.2f} million pixels that count\n\n", Shown(result.title), evaluation.names.size(),
                  static_cast<double>(evaluation.heads[0].matrix.pixels()) / 1e6) +
      ScoresText(scores);
  if (options.worst > 0) {
    text += "\n  pictures of lowest mean IU\n";
    json["worst"] = nlohmann::ordered_json::array();
    for (size_t i : Worst(evaluation, options.worst)) {
      json["worst"].push_back({{"name", evaluation.names[i]}, {"mean_iu", evaluation.mean_ius[i]}});
      text += fmt::format("  {:.4f}  {}\n", evaluation.mean_ius[i], Shown(evaluation.names[i]));
    }
  }
  if (!result.notes.empty()) json["notes"] = NotesJson(result.notes);
  PrintResult(common, json, text);
  return 0;
}

}  // namespace

void AddEval(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<EvalOptions>();
  CLI::App* verb =
      app.add_subcommand("eval", "Score a model on labelled pictures, or a folder of anybody's predictions");
  verb->add_option("--model", options->model, "A model file that was trained to segment");
  verb->add_option("--predictions", options->predictions, "A folder of predicted label PNGs, in place of a model");
  verb->add_option("--truth", options->truth, "The folder of true label PNGs with the same stems");
  verb->add_option("--worst", options->worst, "Also name the N pictures of lowest mean IU")
      ->check(CLI::Range(1, 1 << 20));
  AddPixelsOption(
      *verb, "--max-pixels-at-once", [options](int64_t pixels) { options->max_pixels_at_once = pixels; },
      "Evaluate larger pictures in pieces of at most so many pixels (500K, 1M), to save memory\n"
      "Scores then differ a little at the cuts");
  verb->add_flag("--shift-and-stitch", options->shift_and_stitch, kShiftAndStitchHelp);
  AddDatasetOptions(*verb, options->data);
  verb->footer(
      "Scores are those of Long, Shelhamer and Darrell (2015), from one confusion matrix over all pixels. Classes "
      "that\n"
      "are absent from the truth have no score. With --model, the classes are the model's unless --classes names "
      "them,\n"
      "and the data have its inputs and heads, in folders named like them (images-depth, masks-geometry).\n"
      "With --truth, --dataset camvid or voc says what the true labels mean; else they are the indices of --classes.");
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunEval(*options, common); }; });
}

}  // namespace fcn::cli
