#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fcn {

/// How learning goes, once every log_interval iterations.
struct TrainingEntry {
  int64_t iteration = 0;  ///< updates done
  double epoch = 0;       ///< passes over the data, with fractions
  double loss = 0;        ///< the mean since the entry before
  double rate = 0;        ///< of the last update
  /// What each head added to the loss, by its name; nothing where there is one head.
  std::vector<std::pair<std::string, double>> head_losses = {};
};

/// What a validation found of a head.
struct HeadEntry {
  std::string name = {};  ///< empty where it is the only one
  double pixel_accuracy = 0, mean_accuracy = 0, mean_iu = 0, fw_iu = 0;
  std::vector<double> class_iu = {};  ///< NaN for a class that is absent from truth and prediction
};

/// What a validation found.
struct ValidationEntry {
  int64_t iteration = 0;
  std::vector<HeadEntry> heads = {};  ///< at least one

  /// The mean of the heads', those left out that have none; NaN where none has one.
  double mean_iu() const;
};

/// In the order in which they happened.
using HistoryEntry = std::variant<TrainingEntry, ValidationEntry>;
using History = std::vector<HistoryEntry>;

int64_t IterationOf(const HistoryEntry& entry);

/// One line of log.jsonl, without its end:
///   {"mode":"train","iteration":20,"epoch":0.5,"loss":1.25,"lr":0.001}
///   {"mode":"val","iteration":500,"pixel_accuracy":0.9,"mean_accuracy":0.7,"mean_iu":0.6,"fw_iu":0.8,
///    "class_iu":[0.5,null]}
/// Of several heads:
///   {"mode":"train","iteration":20,"epoch":0.5,"loss":1.25,"losses":{"class":1,"geometry":0.25},"lr":0.001}
///   {"mode":"val","iteration":500,"mean_iu":0.7,"heads":{"class":{"pixel_accuracy":0.9,…},"geometry":{…}}}
/// Numbers come back exactly; NaN is null, infinities are "inf" and "-inf".
std::string ToJsonLine(const HistoryEntry& entry);

/// The lines of a history, each with its end. No times of day: the same training writes the same lines.
std::string PrintHistory(const History& history);

/// The reverse. Throws Error(kInput) naming `where` and the line.
History ParseHistory(std::string_view text, const std::string& where);

/// The file log.jsonl of a run.
class HistoryLog {
 public:
  /// Makes the file be exactly `so_far` (nothing at first; a checkpoint's history when a run is resumed, which drops
  /// what had been logged after it, also half a line). Throws Error(kIo); then an old file is untouched.
  HistoryLog(const std::filesystem::path& path, const History& so_far);

  ~HistoryLog();
  HistoryLog(const HistoryLog&) = delete;
  HistoryLog& operator=(const HistoryLog&) = delete;

  /// Adds a line; it is in the file when this returns. Throws Error(kIo); then none of it is.
  void Append(const HistoryEntry& entry);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace fcn
