#include "fcn/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/listing.h"
#include "fcn/dataset.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/run_files.h"
#include "report/paint.h"
#include "train/config.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// The scores of a run's best validation of a head; `classes` are the head's.
void AddScores(const ValidationEntry& validation, const HeadEntry& of_head, const std::vector<std::string>& classes,
               ReportHead& head) {
  ReportScores& scores = head.scores.emplace();
  scores.iteration = validation.iteration;
  scores.pixel_accuracy = of_head.pixel_accuracy;
  scores.mean_accuracy = of_head.mean_accuracy;
  scores.mean_iu = of_head.mean_iu;
  scores.fw_iu = of_head.fw_iu;
  for (size_t c = 0; c < std::min(classes.size(), of_head.class_iu.size()); c++)
    scores.per_class.emplace_back(classes[c], of_head.class_iu[c]);
}

void AddHistory(const History& history, const std::vector<HeadInfo>& heads, ReportInput& input) {
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const HistoryEntry& entry : history) {
    if (const auto* training = std::get_if<TrainingEntry>(&entry)) {
      input.loss.emplace_back(training->iteration, training->loss);
      continue;
    }
    const auto& validation = std::get<ValidationEntry>(entry);
    const double mean_iu = validation.mean_iu();
    const bool is_best = !std::isnan(mean_iu) && !(best >= mean_iu);
    if (is_best) best = mean_iu;
    for (size_t i = 0; i < std::min(heads.size(), validation.heads.size()); i++) {
      input.heads[i].mean_iu.emplace_back(validation.iteration, validation.heads[i].mean_iu);
      if (is_best) AddScores(validation, validation.heads[i], heads[i].classes, input.heads[i]);
    }
  }
}

std::unique_ptr<Dataset> OpenValidation(const TrainConfig& config) {
  try {
    return OpenDataset(DatasetOptionsOf(config, config.val_split));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--rows 0 leaves the pictures out of the page. " + error.hint());
  }
}

/// Throws where the data are not what the model was trained on: other inputs, heads or classes.
void CheckFits(const Segmenter& segmenter, const Dataset& dataset, const std::string& model, const std::string& data) {
  const std::vector<HeadInfo>&heads = segmenter.heads(), &in_data = dataset.heads();
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kInput, what, "--rows 0 leaves the pictures out of the page.");
  };
  if (heads.size() != in_data.size() || segmenter.inputs().size() != dataset.inputs().size())
    fail(fmt::format("{} has {} inputs and {} heads, but the data in {} have {} and {}", model,
                     segmenter.inputs().size(), heads.size(), data, dataset.inputs().size(), in_data.size()));
  for (size_t i = 0; i < heads.size(); i++)
    if (heads[i].classes.size() != in_data[i].classes.size())
      fail(fmt::format("{} has {} classes, but the data in {} have {}", model, heads[i].classes.size(), data,
                       in_data[i].classes.size()));
}

/// "image, depth of 1 band".
std::string InputsFact(const std::vector<InputInfo>& inputs) {
  std::string text;
  for (const InputInfo& input : inputs) {
    text += (text.empty() ? "" : ", ") + input.name;
    if (input.bands > 0) text += fmt::format(" of {} band{}", input.bands, input.bands == 1 ? "" : "s");
  }
  return text;
}

/// "7 classes, weight 0.5 in the loss".
std::string HeadFact(const HeadInfo& head, double loss_weight, double threshold) {
  std::string text = fmt::format("{} classes, weight {} in the loss", head.classes.size(), loss_weight);
  if (!std::isnan(threshold)) text += fmt::format(", threshold {}", threshold);
  return text;
}

/// What a network sees and tells, where that is not a picture and its classes.
void AddRoles(const TrainConfig& config, const Segmenter& segmenter, ReportInput& input) {
  const std::vector<InputInfo>& inputs = segmenter.inputs();
  const std::vector<HeadInfo>& heads = segmenter.heads();
  if (inputs.size() > 1) input.facts.emplace_back("Inputs", InputsFact(inputs));
  if (heads.size() < 2) return;
  const std::vector<double> thresholds = segmenter.thresholds();
  for (size_t i = 0; i < heads.size(); i++)
    input.facts.emplace_back(fmt::format("Head {}", heads[i].name),
                             HeadFact(heads[i], LossWeightOf(config, heads[i].name), thresholds[i]));
}

}  // namespace

RunRecord ReadRun(const fs::path& folder) {
  const RunFiles files(folder);
  TrainConfig config = ReadConfig(files.config);
  History history = ReadHistory(files.log);
  return {std::move(config), std::move(history), Exists(files.model) && !Exists(files.best) ? files.model : files.best};
}

std::vector<fs::path> FilesOfRun(const fs::path& folder, int rows) {
  const RunFiles run(folder);
  std::vector<fs::path> files = {run.config, run.log, run.metrics, run.latest, run.best, run.model};
  if (rows == 0) return files;
  try {
    const TrainConfig config = ReadConfig(run.config);
    for (fs::path& file : FilesOfDataset(DatasetOptionsOf(config, config.val_split))) files.push_back(std::move(file));
  } catch (const Error&) {  // AddRun says what is wrong
  }
  return files;
}

std::vector<fs::path> FilesOfDataset(const DatasetOptions& options) {
  std::vector<fs::path> files;
  for (const SampleFiles& sample : ListDataset(options).samples)
    for (const auto& its : {sample.inputs, sample.labels}) files.insert(files.end(), its.begin(), its.end());
  return files;
}

void AddRun(const RunRecord& run, Segmenter& segmenter, int rows, ReportInput& input,
            FunctionRef<void(size_t done)> progress) {
  const auto& [config, history, model] = run;
  const std::vector<HeadInfo>& heads = segmenter.heads();
  input.heads.clear();
  for (const HeadInfo& head : heads) {
    ReportHead& added = input.heads.emplace_back();
    if (heads.size() > 1) added.name = head.name;
    for (size_t c = 0; c < head.classes.size(); c++) added.legend.push_back({head.classes[c], head.palette[c]});
  }
  AddHistory(history, heads, input);
  input.facts.emplace_back("Network", config.model);
  input.facts.emplace_back("Data", fmt::format("{}, validated on {}", config.data, config.val_split));
  AddRoles(config, segmenter, input);
  if (!history.empty()) {
    const std::string length =
        fmt::format("{} iterations of {} pictures", IterationOf(history.back()), config.batch_size * config.accumulate);
    input.facts.emplace_back("Training", length);
    input.training = fmt::format("This network learned from {}, in {}.", config.data, length);
  }
  if (rows == 0) return;

  const std::unique_ptr<Dataset> dataset = OpenValidation(config);
  CheckFits(segmenter, *dataset, model.string(), config.data);
  const size_t count = std::min(static_cast<size_t>(rows), dataset->size());
  for (size_t i = 0; i < count; i++) {
    const Sample sample = dataset->Get(i * dataset->size() / count);
    const Segmentation seen = segmenter.Segment(sample.inputs);
    ReportRow& row = input.rows.emplace_back(ReportRow{sample.name, DrawRaster(sample.inputs[0]), {}});
    for (size_t head = 0; head < heads.size(); head++) {
      const auto paint = [&](const std::vector<uint16_t>& labels) {
        return PaintLabels(seen.width, seen.height, labels, heads[head].palette);
      };
      row.heads.push_back({paint(seen.heads[head].labels), paint(sample.labels[head].labels)});
    }
    progress(i + 1);
  }
}

}  // namespace fcn
