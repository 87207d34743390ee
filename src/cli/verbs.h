#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "cli/options.h"

namespace fcn::cli {

/// Each adds one verb with its flags to the program. Parsing only stores values; what is to be done is left in `run`,
/// which returns the exit code.
using Run = std::function<int()>;
void AddSegment(CLI::App& app, const CommonOptions& common, Run& run);
void AddImport(CLI::App& app, const CommonOptions& common, Run& run);
void AddInfo(CLI::App& app, const CommonOptions& common, Run& run);
void AddBench(CLI::App& app, const CommonOptions& common, Run& run);
void AddVerify(CLI::App& app, const CommonOptions& common, Run& run);
void AddReport(CLI::App& app, const CommonOptions& common, Run& run);
void AddEval(CLI::App& app, const CommonOptions& common, Run& run);
void AddDataset(CLI::App& app, const CommonOptions& common, Run& run);
void AddTrain(CLI::App& app, const CommonOptions& common, Run& run);

}  // namespace fcn::cli
