#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/dataset_options.h"
#include "cli/options.h"

namespace fcn::cli {

struct ComparisonVerbOptions {
  std::vector<std::string> models;
  std::string output, title, lead;  ///< those that are empty are made of the models' names
  int rows = 6;
  bool overwrite = false, shift_and_stitch = false;
  int64_t max_pixels_at_once = 0;
  DatasetFlags data;
};

/// Adds the flags that say what models are compared on.
void AddComparisonOptions(CLI::App& verb, ComparisonVerbOptions& options);

/// Writes the page that compares models; gives the exit code.
int RunComparison(const ComparisonVerbOptions& options, const CommonOptions& common);

/// What a page calls models: the stems of their files, with as many of the folders above as tell all apart:
/// "fcn8s", or "run-32s/best", "run-16s/best". Throws Error(kUsage) for a file that is given twice.
std::vector<std::string> ModelNames(const std::vector<std::string>& files);

}  // namespace fcn::cli
