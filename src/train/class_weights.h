#pragma once

#include <optional>
#include <vector>

#include "base/context.h"
#include "data/class_frequencies.h"
#include "fcn/dataset.h"
#include "fcn/training_observer.h"
#include "train/config.h"

namespace fcn {

/// How much each class counts in the loss, for each head; empty where all count alike. `counted` is how often they
/// occur in the training split, where somebody has read all labels already.
std::vector<std::vector<float>> WeighClasses(const TrainConfig& config, const Dataset& pictures,
                                             const std::optional<std::vector<ClassFrequencies>>& counted,
                                             const Context& context, TrainingObserver& observer);

}  // namespace fcn
