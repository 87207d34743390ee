#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/class_frequencies.h"
#include "fcn/training_observer.h"
#include "train/config.h"
#include "train/training_data.h"

namespace fcn {

/// Reads all pictures and labels of both splits, as `fcn dataset check` does, with so much memory (0: CheckDataset's
/// choice). Notices of the observer get what is good to know; its OnChecking gets how far it is. Returns how often the
/// classes of each head occur in the training split. Throws Error(kInput) with the findings that training would stop
/// at, or could learn nothing from, and as CheckDataset does.
std::vector<ClassFrequencies> CheckTrainingData(const TrainConfig& config, int64_t memory, const Context& context,
                                                TrainingObserver& observer);

/// What is likely a mistake though training works, told without reading a picture: validation pictures that are learnt
/// from as well, fewer pictures than a batch has, crops that are larger than all pictures.
void NoticeOddities(const TrainConfig& config, const TrainingData& data, TrainingObserver& observer);

/// The command that lists all findings of a split.
std::string CheckCommand(const TrainConfig& config, const std::string& split);

}  // namespace fcn
