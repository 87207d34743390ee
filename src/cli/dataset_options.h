#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "data/open.h"

namespace fcn::cli {

/// The flags that say what data to read, as they are typed.
struct DatasetFlags {
  DatasetOptions options;
  std::vector<std::string> map, palette;

  /// The options that they mean. Throws Error(kUsage) for a map or a colour that is none.
  DatasetOptions Resolve() const;
};

/// Adds --data and --split, which say where the data is, AddLabelOptions' and AddPictureOptions'.
void AddDatasetOptions(CLI::App& verb, DatasetFlags& flags);

/// Adds --dataset, --classes, --ignore-index, --map and --palette, which say what labels mean.
void AddLabelOptions(CLI::App& verb, DatasetFlags& flags);

}  // namespace fcn::cli
