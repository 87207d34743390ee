#include "train/training_data.h"

#include <fmt/format.h>

#include <algorithm>

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
    if (!std::ranges::equal(validation_->heads(), training_->heads(), {}, &HeadInfo::classes, &HeadInfo::classes))
      throw Error(ErrorCode::kInput,
                  fmt::format("the splits {} and {} have different classes", config.train_split, config.val_split),
                  "Give both the same classes: one class file for all splits, or --classes.");
  }
  const size_t classes = training_->classes().size(), weights = config.class_weights.given.size();
  const auto has_one_class = [](const HeadInfo& head) { return head.classes.size() == 1; };
  if (config.class_weights.kind != ClassWeights::Kind::kNone && std::ranges::any_of(training_->heads(), has_one_class))
    throw Error(ErrorCode::kUsage, "class_weights are given, and the data has one class, which nothing is told from",
                "Name two classes at least, or leave class_weights out.");
  if (config.class_weights.kind == ClassWeights::Kind::kGiven && weights != classes)
    throw Error(ErrorCode::kUsage,
                fmt::format("class_weights has {} numbers; the data has {} classes", weights, classes),
                "Give one weight for each class, in their order (fcn dataset stats lists them).");
}

std::vector<size_t> TrainingData::class_counts() const {
  std::vector<size_t> counts;
  for (const HeadInfo& head : training_->heads()) counts.push_back(head.classes.size());
  return counts;
}

}  // namespace fcn
