#pragma once

#include <algorithm>
#include <cstdint>

#include "base/context.h"
#include "runtime/plan.h"
#include "train/config.h"
#include "train/trained_model.h"
#include "train/training_data.h"
#include "train/training_step.h"
#include "train/validator.h"

namespace fcn {

/// Bytes that a training is planned to have.
struct TrainingMemory {
  int64_t state = 0;                     ///< what a checkpoint has: weights, averages, solver states
  int64_t sums = 0;                      ///< of gradients, where several passes make an iteration
  int64_t loading = 0;                   ///< the picture that is being read, and the batches that wait
  int64_t cache = 0;                     ///< decoded pictures that are kept: all, or as many as there is room for
  int64_t training = 0, validating = 0;  ///< a step, or saving a model; the validation picture that needs most
  int64_t lasting() const { return state + sums + loading + cache; }
  /// All at once: what lasts, and the largest of what comes and goes.
  int64_t total() const { return lasting() + std::max(training, validating); }
};

/// Before weights are read. `validator` is null where there is no validation. Throws Error(kMemory) with figures where
/// a step does not fit, and as Validator::PlanMemory does.
TrainingMemory PlanTrainingMemory(const TrainConfig& config, const TrainedModel& model, const TrainingStep& step,
                                  const TrainingData& data, const Validator* validator, const CompileOptions& options,
                                  const Context& context);

}  // namespace fcn
