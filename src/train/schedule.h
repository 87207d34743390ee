#pragma once

#include <cstdint>

#include "fcn/train_config.h"

namespace fcn {

/// A schedule and its figures.
struct ScheduleOptions {
  Schedule schedule = Schedule::kPoly;
  double base = 0.001;
  int64_t max_iterations = 1;     ///< poly: where the rate reaches 0
  double power = 0.9;             ///< poly
  int64_t step_size = 1;          ///< step: iterations between two falls
  double gamma = 0.1;             ///< step: the factor of each
  int64_t warmup_iterations = 0;  ///< at first, a factor climbs evenly from warmup_ratio to 1; 0 for none
  double warmup_ratio = 0.001;
};

/// The learning rate of an iteration (the first is 0), a pure function:
///   poly      base · (1 − iteration / max_iterations)^power, and 0 after   (Caffe's; Liu et al. 2015, ParseNet)
///   step      base · gamma^⌊iteration / step_size⌋
///   constant  base
/// times warmup_ratio + (1 − warmup_ratio) · iteration / warmup_iterations while iteration < warmup_iterations.
/// Throws Error(kInternal) for a negative iteration or a step_size or max_iterations below 1.
double RateAt(const ScheduleOptions& options, int64_t iteration);

}  // namespace fcn
