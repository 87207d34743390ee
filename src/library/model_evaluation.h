#pragma once

#include <cstdint>

#include "evaluate/evaluate.h"
#include "fcn/evaluate.h"
#include "fcn/model.h"
#include "segment/predictor/predictor.h"

namespace fcn {

/// A model that is ready to be evaluated. All three references must outlive it.
class ModelEvaluation {
 public:
  /// Looks at what can be known before the first picture is read: throws what Evaluate says, but for the data's inputs
  /// and heads.
  ModelEvaluation(const Model& model, const Dataset& dataset, EvaluateOptions options, const Runtime& runtime);

  /// Throws where the data lack an input or the model a head, or have it with other bands or another number of classes.
  /// Run looks at that once the first picture is read, whose labels may say more.
  void CheckRoles() const { MatchRoles(predictor_, dataset_); }
  Evaluation Run(FunctionRef<void(size_t done, size_t total)> progress);

 private:
  const Dataset& dataset_;
  EvaluateOptions options_;
  int64_t max_memory_;
  Predictor predictor_;
};

}  // namespace fcn
