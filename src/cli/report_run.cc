#include "cli/report_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "base/folder.h"
#include "cli/picture_notes.h"
#include "data/listing.h"
#include "data/open.h"
#include "fcn/error.h"
#include "train/config.h"
#include "train/history.h"
#include "train/trainer.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostLogBytes = size_t{1} << 28;

std::string ReadText(const fs::path& path, size_t limit) {
  const std::vector<uint8_t> bytes = ReadFile(path, limit);
  return {bytes.begin(), bytes.end()};
}

History ReadHistory(const fs::path& path) {
  std::string text = ReadText(path, kMostLogBytes);
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0
  return ParseHistory(text, path.string());
}

void AddHistory(const History& history, const std::vector<std::string>& classes, ReportInput& input) {
  for (const HistoryEntry& entry : history) {
    if (const auto* training = std::get_if<TrainingEntry>(&entry)) {
      input.loss.emplace_back(training->iteration, training->loss);
      continue;
    }
    const auto& validation = std::get<ValidationEntry>(entry);
    input.mean_iu.emplace_back(validation.iteration, validation.mean_iu);
    if (std::isnan(validation.mean_iu) || (input.scores && input.scores->mean_iu >= validation.mean_iu)) continue;
    ReportScores scores;
    scores.iteration = validation.iteration;
    scores.pixel_accuracy = validation.pixel_accuracy;
    scores.mean_accuracy = validation.mean_accuracy;
    scores.mean_iu = validation.mean_iu;
    scores.fw_iu = validation.fw_iu;
    for (size_t c = 0; c < std::min(classes.size(), validation.class_iu.size()); c++)
      scores.per_class.emplace_back(classes[c], validation.class_iu[c]);
    input.scores = std::move(scores);
  }
}

/// Labels in their colours; those that do not count are a middle grey.
Image Paint(int width, int height, const std::vector<uint16_t>& labels, const std::vector<Colour>& palette) {
  Image image{width, height, {}};
  image.rgb.reserve(labels.size() * 3);
  for (const uint16_t label : labels) {
    const Colour colour = label < palette.size() ? palette[label] : Colour{160, 160, 160};
    image.rgb.insert(image.rgb.end(), {colour.r, colour.g, colour.b});
  }
  return image;
}

std::unique_ptr<Dataset> OpenValidation(const TrainConfig& config) {
  try {
    return OpenDataset(DatasetOptionsOf(config, config.val_split));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "--rows 0 leaves the pictures out of the page. " + error.hint());
  }
}

}  // namespace

fs::path BestModel(const fs::path& folder) {
  const RunFiles files(folder);
  return Exists(files.model) && !Exists(files.best) ? files.model : files.best;
}

std::vector<fs::path> FilesOfRun(const fs::path& folder, int rows) {
  const RunFiles run(folder);
  std::vector<fs::path> files = {run.config, run.log, run.metrics, run.latest, run.best, run.model};
  if (rows == 0) return files;
  try {
    const TrainConfig config = ReadConfig(run.config);
    for (SampleFiles& sample : ListDataset(DatasetOptionsOf(config, config.val_split)).samples)
      files.insert(files.end(), {std::move(sample.image), std::move(sample.labels)});
  } catch (const Error&) {  // AddRun says what is wrong
  }
  return files;
}

void AddRun(const fs::path& folder, int rows, const SegmenterOptions& options, ReportInput& input,
            nlohmann::ordered_json& notes, FunctionRef<void(size_t done)> progress) {
  const RunFiles files(folder);
  const TrainConfig config = ReadConfig(files.config);
  const History history = ReadHistory(files.log);
  const std::string model = BestModel(folder).string();
  Segmenter segmenter(model, options);
  TellUntrained(segmenter, model, notes);
  AddHistory(history, segmenter.classes(), input);
  for (size_t c = 0; c < segmenter.classes().size(); c++)
    input.legend.push_back({segmenter.classes()[c], segmenter.palette()[c]});
  input.facts.emplace_back("Network", config.model);
  input.facts.emplace_back("Data", fmt::format("{}, validated on {}", config.data, config.val_split));
  if (!history.empty()) {
    const std::string length =
        fmt::format("{} iterations of {} pictures", IterationOf(history.back()), config.batch_size * config.accumulate);
    input.facts.emplace_back("Training", length);
    input.training = fmt::format("This network learned from {}, in {}.", config.data, length);
  }
  if (rows == 0) return;

  const std::unique_ptr<Dataset> dataset = OpenValidation(config);
  if (dataset->classes().size() != segmenter.classes().size())
    throw Error(ErrorCode::kInput,
                fmt::format("{} has {} classes, but the data in {} have {}", model, segmenter.classes().size(),
                            config.data, dataset->classes().size()),
                "--rows 0 leaves the pictures out of the page.");
  const size_t count = std::min(static_cast<size_t>(rows), dataset->size());
  for (size_t i = 0; i < count; i++) {
    const Sample sample = dataset->Get(i * dataset->size() / count);
    const Segmentation seen = segmenter.Segment(sample.image);
    input.rows.push_back({sample.name, sample.image, Paint(seen.width, seen.height, seen.labels, segmenter.palette()),
                          Paint(seen.width, seen.height, sample.labels.labels, segmenter.palette())});
    progress(i + 1);
  }
}

}  // namespace fcn::cli
