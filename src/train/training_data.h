#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/picture_sizes.h"
#include "fcn/dataset.h"
#include "train/config.h"
#include "train/training_observer.h"

namespace fcn {

/// The pictures of a training: those that it learns from, and those that it is validated on unless val_split is empty.
class TrainingData {
 public:
  /// Opens both, and reads the sizes of their pictures. Throws as OpenDataset; Error(kInput) where the classes
  /// of a head differ, Error(kUsage) where class_weights are not as many as the classes.
  TrainingData(const TrainConfig& config, TrainingObserver& observer);

  const Dataset& training() const { return *training_; }
  const Dataset* validation() const { return validation_.get(); }  ///< null where there is none
  const PictureSizes& training_sizes() const { return training_sizes_; }
  const PictureSizes& validation_sizes() const { return validation_sizes_; }
  /// How many classes each head has.
  std::vector<size_t> class_counts() const;

 private:
  std::unique_ptr<Dataset> training_, validation_;
  PictureSizes training_sizes_, validation_sizes_;
};

}  // namespace fcn
