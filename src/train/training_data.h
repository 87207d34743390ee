#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/picture_sizes.h"
#include "fcn/dataset.h"
#include "fcn/train.h"
#include "train/config.h"

namespace fcn {

/// The pictures of a training: those that it learns from, and those that it is validated on.
class TrainingData {
 public:
  /// Takes the data sets that are given; where there is none to learn from, opens files as the configuration says, to
  /// validate on as well unless val_split is empty. Reads the sizes of their pictures. Throws as OpenDataset;
  /// Error(kInput) where the classes of a head differ, Error(kUsage) where class_weights are not as many as the
  /// classes, and for a given set that has no pictures.
  TrainingData(const TrainConfig& config, const TrainingDatasets& given, TrainingObserver& observer);

  /// Whether they are files, which can be checked and looked at without being decoded.
  bool are_files() const { return are_files_; }
  const Dataset& training() const { return *training_; }
  const Dataset* validation() const { return validation_.get(); }  ///< null where there is none
  const PictureSizes& training_sizes() const { return training_sizes_; }
  const PictureSizes& validation_sizes() const { return validation_sizes_; }
  /// How many classes each head has.
  std::vector<size_t> class_counts() const;

 private:
  bool are_files_;
  std::shared_ptr<const Dataset> training_, validation_;
  PictureSizes training_sizes_, validation_sizes_;
};

}  // namespace fcn
