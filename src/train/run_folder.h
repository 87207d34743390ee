#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "fcn/run_files.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/history.h"
#include "train/run_lock.h"
#include "train/training_point.h"

namespace fcn {

/// The folder of a run, for one training alone: its lock, the log that grows in it, and which checkpoint it has.
class RunFolder {
 public:
  /// Locks it, and makes it where it is missing. Throws as RunLock.
  explicit RunFolder(const std::string& folder);

  const RunFiles& files() const { return files_; }
  /// As RunLock says it; may be empty.
  const std::string& warning() const { return lock_.warning(); }
  /// Throws as RunLock::Check. Asked before anything is written.
  void CheckLock() const { lock_.Check(); }
  /// Throws Error(kIo) where the disk has less space than the files that the run will have at once, or the largest of
  /// them is more than a file may have (ulimit -f). `has_best`: whether there will be a best model.
  void CheckSpace(int64_t checkpoint_bytes, int64_t model_bytes, bool has_best) const;

  /// Removes what a kill left, and writes the configuration and the log so far.
  void Open(const TrainConfig& config, const History& so_far);
  /// Once the folder is open.
  void Append(const HistoryEntry& line);

  /// That the checkpoint in the folder, which another training wrote, has this behind it.
  void FoundCheckpoint(const TrainingPoint& point) { saved_ = point; }
  void SaveCheckpoint(const Checkpoint& checkpoint, const TrainingPoint& point);
  /// Somebody may remove it at any moment.
  bool has_checkpoint() const;
  /// Whether there is one that has all of this behind it; and whether this training wrote it, as it is configured.
  bool HasSaved(const TrainingPoint& point) const { return saved_ == point && has_checkpoint(); }
  bool IsUpToDate(const TrainingPoint& point) const { return is_ours_ && HasSaved(point); }
  /// The iteration of the checkpoint; none where there is none, or another's.
  std::optional<int64_t> saved_iteration() const;

 private:
  std::string folder_;
  RunLock lock_;
  RunFiles files_;
  std::optional<HistoryLog> log_;
  std::optional<TrainingPoint> saved_;
  bool is_ours_ = false;  // whether this training wrote the checkpoint
};

}  // namespace fcn
