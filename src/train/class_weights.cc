#include "train/class_weights.h"

namespace fcn {
namespace {

std::vector<float> ToFloats(const std::vector<double>& weights) {
  std::vector<float> floats;
  floats.reserve(weights.size());
  for (const double weight : weights) floats.push_back(static_cast<float>(weight));
  return floats;
}

}  // namespace

std::vector<std::vector<float>> WeighClasses(const TrainConfig& config, const Dataset& pictures,
                                             const std::optional<std::vector<ClassFrequencies>>& counted,
                                             const Context& context, TrainingObserver& observer) {
  switch (config.class_weights.kind) {
    case ClassWeights::Kind::kNone:
      return {};
    case ClassWeights::Kind::kGiven:
      return {ToFloats(config.class_weights.given)};
    case ClassWeights::Kind::kMedian:
      break;
  }
  const auto count = [&] {
    return CountClasses(pictures, context,
                        [&](size_t done) { observer.OnReading(config.train_split, done, pictures.size()); });
  };
  std::vector<std::vector<float>> weights;
  for (const ClassFrequencies& of_head : counted ? *counted : count())
    weights.push_back(ToFloats(of_head.MedianWeights()));
  return weights;
}

}  // namespace fcn
