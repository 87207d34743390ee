#pragma once

#include "cli/verbs.h"

namespace fcn::cli {

/// Adds `generate` to the verb `dataset`.
void AddDatasetGenerate(CLI::App& dataset, const CommonOptions& common, Run& run);

}  // namespace fcn::cli
