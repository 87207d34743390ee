#pragma once

#include <CLI/App.hpp>
#include <string>

#include "fcn/dataset.h"

namespace fcn::cli {

/// The flags that say what data to read, as they are typed.
struct DatasetFlags {
  DatasetOptions options;
  std::string classes, map, palette, inputs, heads;  ///< with commas between

  /// The options that they mean. Throws Error(kUsage) for a list's member that cannot be read.
  DatasetOptions Resolve() const;
};

/// Adds --data and --split, which say where the data is, --inputs and --heads, which say what of it, AddLabelOptions'
/// and AddPictureOptions'.
void AddDatasetOptions(CLI::App& verb, DatasetFlags& flags);

/// Adds --dataset, --classes, --ignore-index, --reduce-zero-label, --map and --palette, which say what labels mean.
void AddLabelOptions(CLI::App& verb, DatasetFlags& flags);

}  // namespace fcn::cli
