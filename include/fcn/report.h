#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/function_ref.h"
#include "fcn/history.h"
#include "fcn/image.h"
#include "fcn/raster.h"
#include "fcn/runtime.h"
#include "fcn/segmenter.h"
#include "fcn/train_config.h"

namespace fcn {

/// A class by the colour it is drawn in.
struct FCN_API LegendEntry {
  std::string name;
  Colour colour;
};

/// What a head of a network found in a photograph.
struct FCN_API ReportPhotoHead {
  std::string name = {};  ///< empty where it is the only one
  Image overlay = {};     ///< of the photograph's size
  struct Found {
    LegendEntry label;
    double share;  ///< of the photograph's pixels, from 0 to 1
  };
  std::vector<Found> found = {};  ///< the largest first: every colour that the overlay shows
};

/// The photograph that opens the page, and what was found in it.
struct FCN_API ReportPhoto {
  Image photo = {};
  std::string name = {};                                   ///< "dog.jpg"
  std::vector<std::pair<std::string, Image>> others = {};  ///< what the network sees beside it, by name
  std::vector<ReportPhotoHead> heads = {};
  std::string model = {};  ///< what labelled it: "animals-and-people"
};

/// Labels in their palette's colours.
struct FCN_API ReportLabels {
  Image prediction, truth;
};

/// One sample beside what a network made of it.
struct FCN_API ReportRow {
  std::string name;
  Image photo;
  std::vector<ReportLabels> heads;  ///< of each head
};

/// What the best validation of a run found: shares from 0 to 1, NaN for what is not known.
struct FCN_API ReportScores {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  int64_t iteration = 0;
  double pixel_accuracy = kUnknown, mean_accuracy = kUnknown, mean_iu = kUnknown, fw_iu = kUnknown;
  std::vector<std::pair<std::string, double>> per_class;  ///< IU; NaN for a class that does not occur
};

/// A head of the network, of which a run may have several.
struct FCN_API ReportHead {
  std::string name;                                ///< empty where it is the only one
  std::vector<std::pair<double, double>> mean_iu;  ///< of the validations, over iterations
  std::optional<ReportScores> scores;
  std::vector<LegendEntry> legend;  ///< its classes
};

/// What the page shows. All but the title may be empty, and its part of the page is then left out.
struct FCN_API ReportInput {
  std::string title;
  std::string lead;  ///< a sentence or two below the title
  std::optional<ReportPhoto> photo;
  std::string training;                         ///< a sentence or two above the curves: what learned from what
  std::vector<std::pair<double, double>> loss;  ///< over iterations
  std::vector<ReportHead> heads = std::vector<ReportHead>(1);
  std::vector<ReportRow> rows;
  std::vector<std::pair<std::string, std::string>> facts;  ///< name and value, for the page's foot
};

/// One HTML page that needs nothing from outside: its style, its pictures (WebP and PNG) and its plots (SVG) are in it.
/// Readable in light and dark, on paper and on telephones; without JavaScript. Every text is escaped. Throws
/// Error(kMemory) where a picture does not fit.
FCN_API std::string TrainingReport(const ReportInput& input);

/// What a segmenter makes of a photograph: `pictures` are one for each of its inputs, `name` is the first one's. Throws
/// as Segmenter::Segment does.
FCN_API ReportPhoto MakeReportPhoto(Segmenter& segmenter, std::span<const Raster> pictures, const std::string& name,
                                    const Runtime& runtime);

/// What a run's folder says of a training.
struct FCN_API RunRecord {
  TrainConfig config;           ///< config.toml
  History history;              ///< log.jsonl
  std::filesystem::path model;  ///< of the best validation, or of the last iteration where it has not validated yet
};

/// Throws Error(kIo) or Error(kInput) that names the file where one is missing or is not what it should be; the model
/// is not opened.
FCN_API RunRecord ReadRun(const std::filesystem::path& folder);

/// Puts a training into a report: the curves, the scores of its best validation, inputs and heads where there are
/// several, and `rows` samples of its validation data (config.toml says where they are), evenly spread, as the
/// segmenter sees them, which has the run's model. `progress` is called after each. Throws as OpenDataset, Dataset::Get
/// and Segmenter::Segment do, and Error(kInput) where the data are not what the model was trained on.
FCN_API void AddRun(const RunRecord& run, Segmenter& segmenter, int rows, ReportInput& input,
                    FunctionRef<void(size_t done)> progress);

/// The files that reading a run and adding `rows` of it may read.
FCN_API std::vector<std::filesystem::path> FilesOfRun(const std::filesystem::path& folder, int rows);

/// The pictures and labels of a data set. Throws as OpenDataset does.
FCN_API std::vector<std::filesystem::path> FilesOfDataset(const DatasetOptions& options);

}  // namespace fcn
