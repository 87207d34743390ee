#include "train/training_data.h"

#include <fmt/format.h>

#include "fcn/error.h"

namespace fcn {

TrainingData::TrainingData(const TrainConfig& config, TrainingObserver& observer)
    : training_(OpenDataset(DatasetOptionsOf(config, config.train_split))) {
  const auto read_sizes = [&](const std::string& split) {
    return ReadPictureSizes(DatasetOptionsOf(config, split),
                            [&](size_t done, size_t total) { observer.OnReading(split, done, total); });
  };
  training_sizes_ = read_sizes(config.train_split);
  if (!config.val_split.empty()) {
    validation_ = OpenDataset(DatasetOptionsOf(config, config.val_split));
    validation_sizes_ = read_sizes(config.val_split);
    if (validation_->classes() != classes())
      throw Error(ErrorCode::kInput,
                  fmt::format("the splits {} and {} have different classes", config.train_split, config.val_split),
                  "Give both the same classes: one class file for all splits, or --classes.");
  }
  if (config.class_weights.kind == ClassWeights::Kind::kGiven && config.class_weights.given.size() != classes().size())
    throw Error(ErrorCode::kUsage,
                fmt::format("class_weights has {} numbers; the data has {} classes", config.class_weights.given.size(),
                            classes().size()),
                "Give one weight for each class, in their order (fcn dataset stats lists them).");
}

}  // namespace fcn
