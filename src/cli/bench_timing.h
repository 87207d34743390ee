#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"
#include "runtime/profile.h"

namespace fcn::cli {

struct BenchOptions {
  std::string model, size;
  int runs = 5, batch = 1;
  bool profile = false, train = false;
};

/// What `fcn bench` measures. The first run is not counted: it touches the memory.
struct Timing {
  double compile_ms = 0;
  std::vector<double> runs_ms;  ///< sorted
  Profile profile;
  int64_t planned_bytes = 0;
  double multiply_adds = 0;
};

/// From an image in memory to scores.
Timing TimeInference(const BenchOptions& options, const CommonOptions& common);

/// From a batch in memory to updated weights: loss, gradients of all parameters, SGD with momentum; batch norm with the
/// batch's statistics, dropout.
Timing TimeTraining(const BenchOptions& options, const CommonOptions& common);

inline double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace fcn::cli
