#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "fcn/profile.h"

namespace fcn::cli {

struct BenchOptions {
  std::string model, size;
  int runs = 5, batch = 1;
  bool profile = false, train = false, labels = false, on_request = false, peak = false;
  NetworkForm form;
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

/// From an image in memory to scores, or with `labels` to the best class of every pixel; with `train` from a batch to
/// updated weights. Runs once without counting it, since it touches the memory and an image's first pass may leave
/// something behind for later ones; then options.runs times, or as often as standard input asks for (see AddBench).
Timing TimeNetwork(const BenchOptions& options, const CommonOptions& common);

/// `fcn bench --peak`.
int RunPeak(const CommonOptions& common);

}  // namespace fcn::cli
