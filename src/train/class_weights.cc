#include "train/class_weights.h"

namespace fcn {
namespace {

std::vector<float> ToFloats(const std::vector<double>& weights) {
  std::vector<float> floats;
  for (const double weight : weights) floats.push_back(static_cast<float>(weight));
  return floats;
}

}  // namespace

std::vector<float> WeighClasses(const TrainConfig& config, const Dataset& pictures,
                                const std::optional<ClassFrequencies>& counted, const Context& context,
                                TrainingObserver& observer) {
  const auto count = [&] {
    return CountClasses(pictures, context,
                        [&](size_t done) { observer.OnReading(config.train_split, done, pictures.size()); });
  };
  switch (config.class_weights.kind) {
    case ClassWeights::Kind::kNone:
      return {};
    case ClassWeights::Kind::kGiven:
      return ToFloats(config.class_weights.given);
    case ClassWeights::Kind::kMedian:
      return ToFloats((counted ? *counted : count()).MedianWeights());
  }
  return {};
}

}  // namespace fcn
