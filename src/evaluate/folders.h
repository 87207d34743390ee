#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "metrics/confusion.h"

namespace fcn {

/// What comparing two folders found.
struct FolderComparison {
  std::vector<std::string> classes;
  ConfusionMatrix matrix{0};
  std::vector<std::string> names;  ///< of the pictures, in order
  std::vector<double> mean_ius;    ///< of each picture alone; NaN where none of its pixels counts
  size_t others = 0;               ///< files among the predictions that no truth belongs to
};

/// Compares label pictures that some program wrote with true ones, by the stems of their names. Predictions hold the
/// indices of the classes (or their colours, or values that truth.map gives a meaning and that are no index); where
/// they have the ignore index or the kind's void value, they count as wrong. The truth is read as `truth` says: its
/// folder holds the label pictures themselves; its kind (camvid, voc) or a classes.txt tells what they mean, otherwise
/// they hold the indices of truth.classes. Throws Error(kInput) that lists names where predictions are missing, a size
/// differs or a file is malformed; Error(kIo) for folders that cannot be read; Error(kUsage) as OpenDataset does.
FolderComparison CompareFolders(const std::string& predictions, const DatasetOptions& truth, const Context& context);

}  // namespace fcn
