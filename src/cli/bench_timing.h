#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "fcn/function_ref.h"
#include "runtime/profile.h"

namespace fcn::cli {

struct BenchOptions {
  std::string model, size;
  int runs = 5, batch = 1;
  bool profile = false, train = false, labels = false, on_request = false, peak = false;
};

/// What `fcn bench` measures.
struct Timing {
  double compile_ms = 0;
  std::optional<double> new_size_compile_ms;  ///< for another size of image, weights already packed
  double first_ms = 0;                        ///< the run that is not counted
  std::vector<double> runs_ms;                ///< sorted
  Profile profile;
  int64_t planned_bytes = 0;
  double peak_rss_mb = 0;  ///< after the runs
  double multiply_adds = 0;
};

/// From an image in memory to scores, or with `labels` to the best class of every pixel.
Timing TimeInference(const BenchOptions& options, const CommonOptions& common);

/// From a batch in memory to updated weights: loss, gradients of all parameters, SGD with momentum; batch norm with the
/// batch's statistics, dropout.
Timing TimeTraining(const BenchOptions& options, const CommonOptions& common);

/// Calls run(profile) once without counting it, since it touches the memory and an image's first pass may leave
/// something behind for later ones; then options.runs times, or as often as standard input asks for (see AddBench), and
/// fills in runs_ms and peak_rss_mb. The profile is null where none is wanted.
void TimeRuns(const BenchOptions& options, FunctionRef<void(Profile*)> run, Timing& timing);

/// `fcn bench --peak`.
int RunPeak(const CommonOptions& common);

inline double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace fcn::cli
