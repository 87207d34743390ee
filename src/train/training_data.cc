#include "train/training_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"

namespace fcn {
namespace {

/// Files have been looked at when they were opened.
void CheckHasPictures(const Dataset& dataset, const std::string& split) {
  if (dataset.inputs().empty() || dataset.heads().empty() || dataset.size() == 0)
    throw Error(ErrorCode::kUsage, fmt::format("the data set {} has no pictures, or no head", split),
                "A data set has at least one sample, one input and one head.");
}

}  // namespace

TrainingData::TrainingData(const TrainConfig& config, const TrainingDatasets& given, TrainingObserver& observer)
    : are_files_(given.training == nullptr), training_(given.training), validation_(given.validation) {
  if (are_files_) training_ = OpenDataset(DatasetOptionsOf(config, config.train_split));
  CheckHasPictures(*training_, config.train_split);
  const auto read_sizes = [&](const Dataset& dataset, const std::string& split) {
    return ReadPictureSizes(dataset, [&](size_t done, size_t total) { observer.OnReading(split, done, total); });
  };
  training_sizes_ = read_sizes(*training_, config.train_split);
  if (are_files_ && !config.val_split.empty()) validation_ = OpenDataset(DatasetOptionsOf(config, config.val_split));
  if (validation_ != nullptr) {
    CheckHasPictures(*validation_, config.val_split);
    validation_sizes_ = read_sizes(*validation_, config.val_split);
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
