#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/scores.h"

namespace fcn {

/// Where a training is, after each iteration.
struct FCN_API TrainingProgress {
  int64_t iteration = 0, max_iterations = 0;  ///< iterations done, and all
  double epoch = 0;                           ///< passes over the data so far
  double loss = 0;                            ///< mean since the last line of the log
  double rate = 0;
  double images_per_second = 0;  ///< of late
  double seconds_left = 0;
  double best_mean_iu = std::numeric_limits<double>::quiet_NaN();  ///< NaN before the first validation
};

/// What a validation found.
struct FCN_API ValidationReport {
  int64_t iteration = 0;
  std::vector<HeadScores> heads = {};
  double mean_iu = 0;    ///< the mean of the heads'
  bool is_best = false;  ///< false where there is no score: nothing in the pictures counts
};

/// What wants to know how a training goes on. Called from the thread that trains.
class FCN_API TrainingObserver {
 public:
  virtual ~TrainingObserver();
  /// How far the check of the data is, before anything is written. May come from other threads, one at a time; what it
  /// throws ends the check and with it the training.
  virtual void OnChecking(const std::string& /*split*/, size_t /*done*/, size_t /*total*/) {}
  /// The same of what else is read of all data before the first iteration: sizes, fingerprint, how often classes are.
  virtual void OnReading(const std::string& /*split*/, size_t /*done*/, size_t /*total*/) {}
  /// What is going to happen, in a sentence.
  virtual void OnStart(const std::string& /*description*/) {}
  virtual void OnIteration(const TrainingProgress&) {}
  virtual void OnValidating(size_t /*done*/, size_t /*total*/) {}
  virtual void OnValidation(const ValidationReport&) {}
  /// Something that a person should know: a class that is never predicted, layers that begin anew.
  virtual void OnNotice(const std::string&) {}
};

}  // namespace fcn
