#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "fcn/function_ref.h"
#include "fcn/segmenter.h"
#include "report/report.h"

namespace fcn::cli {

/// The model of a run's best validation, or of its last iteration where it has not validated yet.
std::filesystem::path BestModel(const std::filesystem::path& folder);

/// The files that AddRun may read.
std::vector<std::filesystem::path> FilesOfRun(const std::filesystem::path& folder, int rows);

/// Puts a training into a report, from the files in its folder: the curves (log.jsonl; a last line that is being
/// written is left out), the scores of its best validation (with those of metrics.json where it exists), its classes
/// (BestModel), and `rows` samples of its validation data (config.toml says where they are), evenly spread, as
/// the best model sees them. A note for --json is added where that model is not trained. `progress` is called after
/// each. Throws Error(kIo) or Error(kInput) that names the file where one is missing or is not what it should be.
void AddRun(const std::filesystem::path& folder, int rows, const SegmenterOptions& options, ReportInput& input,
            nlohmann::ordered_json& notes, FunctionRef<void(size_t done)> progress);

}  // namespace fcn::cli
