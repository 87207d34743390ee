#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// How learning goes, once every log_interval iterations.
struct FCN_API TrainingEntry {
  int64_t iteration = 0;  ///< updates done
  double epoch = 0;       ///< passes over the data, with fractions
  double loss = 0;        ///< the mean since the entry before
  double rate = 0;        ///< of the last update
  /// What each head added to the loss, by its name; nothing where there is one head.
  std::vector<std::pair<std::string, double>> head_losses = {};
};

/// What a validation found of a head.
struct FCN_API HeadEntry {
  std::string name = {};  ///< empty where it is the only one
  double pixel_accuracy = 0, mean_accuracy = 0, mean_iu = 0, fw_iu = 0;
  std::vector<double> class_iu = {};  ///< NaN for a class that is absent from truth and prediction
};

/// What a validation found.
struct FCN_API ValidationEntry {
  int64_t iteration = 0;
  std::vector<HeadEntry> heads = {};  ///< at least one

  /// The mean of the heads', those left out that have none; NaN where none has one.
  double mean_iu() const;
};

/// In the order in which they happened.
using HistoryEntry = std::variant<TrainingEntry, ValidationEntry>;
using History = std::vector<HistoryEntry>;

FCN_API int64_t IterationOf(const HistoryEntry& entry);

/// The history of a run, from its file log.jsonl (RunFiles::log); a last line that is being written is left out. Throws
/// Error(kIo) where it cannot be read, Error(kInput) naming the line that is none of a history's.
FCN_API History ReadHistory(const std::filesystem::path& log);

}  // namespace fcn
