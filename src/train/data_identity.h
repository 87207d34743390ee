#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/context.h"
#include "data/fingerprint.h"
#include "fcn/training_observer.h"
#include "train/checkpoint.h"
#include "train/config.h"
#include "train/training_data.h"

namespace fcn {

/// Whether the data of a training that is resumed are those that it began with: a checkpoint says what they were.
class DataIdentity {
 public:
  /// Reads a little of each file (FingerprintData); of data that are no files, names alone (FingerprintNames).
  /// Configuration and data must outlive it.
  DataIdentity(const TrainConfig& config, const TrainingData& data, const Context& context, TrainingObserver& observer);

  void WriteTo(Checkpoint& checkpoint) const;
  /// Throws Error(kInput) where pictures or labels are others than those of the checkpoint (`where`); a notice where
  /// only their content is, and config.check is false.
  void Check(const Checkpoint& checkpoint, const std::string& where, TrainingObserver& observer) const;

 private:
  const TrainConfig& config_;
  const TrainingData& data_;
  std::map<std::string, DataFingerprint> fingerprints_;  // by the checkpoint's key
};

/// The classes of each head that the checkpoint's training began with; nothing where it does not say. Throws
/// Error(kInput) where that is malformed, or of another number of heads.
std::vector<std::vector<std::string>> ClassesOf(const Checkpoint& checkpoint, const std::string& where, size_t heads);

/// Throws Error(kInput) where the data has other classes than those that the checkpoint's training began with. Needs
/// nothing of the files.
void CheckClasses(const Checkpoint& checkpoint, const std::string& where, const TrainConfig& config,
                  const Dataset& data);

}  // namespace fcn
