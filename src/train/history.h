#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "fcn/history.h"

namespace fcn {

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
