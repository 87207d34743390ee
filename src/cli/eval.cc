#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <span>

#include "cli/dataset_options.h"
#include "cli/picture_notes.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "data/picture_sizes.h"
#include "evaluate/evaluate.h"
#include "evaluate/folders.h"
#include "evaluate/largest_picture.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/classifier.h"
#include "metrics/score_table.h"
#include "models/model.h"
#include "runtime/memory_limit.h"
#include "segment/threshold.h"

namespace fcn::cli {
namespace {

struct EvalOptions {
  std::string model, predictions, truth;
  int64_t max_pixels_at_once = 0;
  size_t worst = 0;
  DatasetFlags data;
};

/// What either way of evaluating gives of a head.
struct EvaluatedHead {
  std::string name = {};
  std::vector<std::string> classes;
  ConfusionMatrix matrix{0};
};

/// What either way of evaluating gives.
struct Evaluation {
  std::string title;
  std::vector<EvaluatedHead> heads;
  std::vector<std::string> names;  // of the pictures
  std::vector<double> mean_ius;    // of each picture, over its heads
  std::vector<ImageNote> notes;
};

/// The mean of those that are numbers; NaN where none is.
double MeanIu(std::span<const ConfusionMatrix> heads) {
  double sum = 0;
  int count = 0;
  for (const ConfusionMatrix& head : heads)
    if (const double mean_iu = ComputeScores(head).mean_iu; !std::isnan(mean_iu)) sum += mean_iu, count++;
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
}

std::string MemoryHint(int64_t max_memory) {
  return fmt::format("Evaluate large pictures in pieces, as with --max-pixels-at-once 1M{}.",
                     max_memory > 0 ? ", or allow more with --max-memory" : "");
}

/// Says before the first picture is evaluated that the largest will not fit, where labels tell its size. Decoded
/// pictures come on top of what is planned, as everywhere.
void CheckLargestPicture(Predictor& predictor, const DatasetOptions& data, int64_t max_pixels, int64_t max_memory) {
  const auto file = [&](std::pair<int, int> size) { return LabelsOfSize(data, size).string(); };
  std::optional<Progress> progress;
  const PictureSizes sizes = ReadPictureSizes(data, [&](size_t done, size_t total) {
    if (!progress) progress.emplace("reading sizes", total);
    progress->Update(done);
  });
  progress.reset();
  const LargestPicture largest = PlanLargestPicture(predictor, sizes, max_pixels, file);
  const int64_t planned = largest.bytes - DecodedBytes(int64_t{largest.width} * largest.height);
  const MemoryLimit limit(max_memory);
  if (planned <= limit.bytes()) return;
  throw Error(ErrorCode::kMemory,
              fmt::format("{}: evaluating a picture of {}x{} pixels would need {:.0f} MB of memory; {}",
                          file({largest.width, largest.height}), largest.width, largest.height,
                          static_cast<double>(planned) / 1e6, limit.BoundText(planned)),
              MemoryHint(max_memory));
}

/// What a model takes and gives, where the flags do not say what the samples have.
void AskForRoles(const ModelContents& model, DatasetOptions& data) {
  const auto bands_of = [&](size_t i) { return model.graph->value(model.graph->inputs()[i]).channels; };
  const auto is_colour = [&](size_t i) { return model.inputs[i].preprocessing.order != Preprocessing::Order::kBands; };
  if (data.inputs.empty() && model.names_roles() && (model.inputs.size() > 1 || !is_colour(0)))
    for (size_t i = 0; i < model.inputs.size(); i++)
      data.inputs.push_back({.name = model.inputs[i].name, .bands = is_colour(i) ? 0 : bands_of(i)});
  if (data.heads.empty() && model.heads.size() > 1)
    for (const HeadRole& head : model.heads) data.heads.push_back(head.name);
}

/// The model's classes, of the data's first head, where the flags name none, or the same in another order.
void ChooseModelsClasses(const ModelContents& model, DatasetOptions& data) {
  const auto named = std::ranges::find(model.heads, data.heads.empty() ? "" : data.heads[0], &HeadRole::name);
  const std::vector<std::string>& classes = (named == model.heads.end() ? model.head() : *named).classes;
  if (data.classes.empty()) data.classes = classes;
  if (std::ranges::is_permutation(data.classes, classes)) data.classes = classes;  // names tell, not order
  if (data.classes != classes)
    PrintNote("the names of --classes are not the model's; they are taken for each other in order");
}

Evaluation EvaluateModelFile(const EvalOptions& options, const CommonOptions& common) {
  if (options.max_pixels_at_once > 0 && options.max_pixels_at_once < kSmallestPiece)
    throw Error(ErrorCode::kUsage, fmt::format("--max-pixels-at-once {} is too small", options.max_pixels_at_once),
                fmt::format("Pieces of a picture have {} pixels or more.", kSmallestPiece));
  const ModelContents model = LoadModel(options.model);
  if (IsClassifier(*model.graph))
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to a whole picture, none to its pixels", options.model),
                "fcn eval needs a model that was trained to segment.");
  const std::vector<double> thresholds = ThresholdsOf(model, common.threshold, common.head_thresholds, options.model);
  DatasetOptions data = options.data.Resolve();
  AskForRoles(model, data);
  ChooseModelsClasses(model, data);
  const std::unique_ptr<Dataset> dataset = OpenDataset(data);
  const Context context(common.threads, common.chosen_isa());
  Evaluation result{fmt::format("{} on {} {}", model.name, data.folder, data.split), {}, {}, {}, {}};
  for (const HeadInfo& head : dataset->heads())
    result.heads.push_back({head.name, head.classes, ConfusionMatrix(static_cast<int>(head.classes.size()))});
  const CompileOptions compile = common.compile_options();
  Predictor predictor(NetworkOf(model, thresholds), compile, context);
  CheckLargestPicture(predictor, data, options.max_pixels_at_once, compile.max_memory);
  const NotedDataset noted(*dataset);
  Progress progress("evaluating", dataset->size());
  try {
    EvaluatePictures(predictor, noted, {.max_pixels = options.max_pixels_at_once},
                     [&](size_t i, std::span<const ConfusionMatrix> heads) {
                       for (size_t head = 0; head < heads.size(); head++) result.heads[head].matrix.Merge(heads[head]);
                       result.names.push_back(dataset->name(i));
                       result.mean_ius.push_back(MeanIu(heads));
                       progress.Update(i + 1);
                     });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMemory) throw;
    throw Error(error.code(), error.message(), MemoryHint(compile.max_memory));
  }
  noted.printed().PrintRest();
  result.notes = noted.notes();
  return result;
}

Evaluation EvaluateFolders(const EvalOptions& options, const CommonOptions& common) {
  DatasetOptions truth = options.data.Resolve();
  truth.folder = options.truth;
  const Context context(common.threads, common.chosen_isa());
  FolderComparison compared = CompareFolders(options.predictions, truth, context);
  std::string title = fmt::format("{} against {}", options.predictions, options.truth);
  if (compared.others > 0) title += fmt::format(" ({} files without a truth are left out)", compared.others);
  return {std::move(title),
          {{.name = {}, .classes = std::move(compared.classes), .matrix = std::move(compared.matrix)}},
          std::move(compared.names),
          std::move(compared.mean_ius),
          {}};
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
void NoteTruth(Evaluation& evaluation, const EvaluatedHead& head, const Scores& scores) {
  std::vector<std::string> present;
  for (size_t i = 0; i < scores.per_class.size(); i++)
    if (scores.per_class[i].truth_pixels > 0) present.push_back(head.classes[i]);
  if (present.size() > 1) return;
  const std::string of_head = head.name.empty() ? "" : " of " + head.name;
  evaluation.notes.push_back(
      {"truth",
       present.empty() ? fmt::format("no pixel of the truth{} counts", of_head)
                       : fmt::format("everything that counts in the truth{} is {}", of_head, Quoted(present[0])),
       "fcn dataset check says what the label values are; --map and --ignore-index say what they mean."});
  const ImageNote& note = evaluation.notes.back();
  PrintNote(note.message, note.hint);
}

/// Scores of one head alone, or a mean and those of each.
void AddScores(Evaluation& evaluation, nlohmann::ordered_json& json, std::string& text) {
  const std::vector<EvaluatedHead> heads = evaluation.heads;
  std::vector<ConfusionMatrix> matrices;
  for (const EvaluatedHead& head : heads) matrices.push_back(head.matrix);
  const bool is_only_one = heads.size() == 1;
  if (!is_only_one) {
    const double mean_iu = MeanIu(matrices);
    json["mean_iu"] = std::isnan(mean_iu) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(mean_iu);
    text += fmt::format("mean IU of all heads: {:.4f}\n", mean_iu);
  }
  for (const EvaluatedHead& head : heads) {
    const Scores scores = ComputeScores(head.matrix);
    NoteTruth(evaluation, head, scores);
    if (!is_only_one) text += fmt::format("\n{}\n", Shown(head.name));
    text += ScoresText(scores, head.classes);
    nlohmann::ordered_json of_head;
    if (!is_only_one) of_head["name"] = head.name;
    of_head.update(ScoresJson(scores, head.classes));
    if (is_only_one)
      json = std::move(of_head);
    else
      json["heads"].push_back(std::move(of_head));
  }
}

int RunEval(const EvalOptions& options, const CommonOptions& common) {
  const bool folders = !options.predictions.empty() || !options.truth.empty();
  if (folders == !options.model.empty() || (folders && (options.predictions.empty() || options.truth.empty())))
    throw Error(ErrorCode::kUsage, "fcn eval takes either a model or two folders of labels",
                "fcn eval --model FILE --data DIR --split NAME, or fcn eval --predictions DIR --truth DIR.");
  if (folders && (common.threshold != 0.5 || !common.head_thresholds.empty()))
    throw Error(ErrorCode::kUsage, "--threshold is of a model; two folders of labels have none",
                "fcn segment --threshold writes labels by another one.");
  if (!folders && options.data.options.folder.empty())
    throw Error(ErrorCode::kUsage, "there is nothing to evaluate the model on",
                "Name a data set's folder with --data.");
  Evaluation evaluation = folders ? EvaluateFolders(options, common) : EvaluateModelFile(options, common);
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  std::string text =
      fmt::format("{}\n{} pictures, {:.2f} million pixels that count\n\n", Shown(evaluation.title),
                  evaluation.names.size(), static_cast<double>(evaluation.heads[0].matrix.pixels()) / 1e6);
  AddScores(evaluation, json, text);
  if (options.worst > 0) {
    text += "\n  pictures of lowest mean IU\n";
    json["worst"] = nlohmann::ordered_json::array();
    for (size_t i : Worst(evaluation, options.worst)) {
      json["worst"].push_back({{"name", evaluation.names[i]}, {"mean_iu", evaluation.mean_ius[i]}});
      text += fmt::format("  {:.4f}  {}\n", evaluation.mean_ius[i], Shown(evaluation.names[i]));
    }
  }
  if (!evaluation.notes.empty()) json["notes"] = NotesJson(evaluation.notes);
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
