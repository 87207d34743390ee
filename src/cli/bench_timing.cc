#include "cli/bench_timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>

#include "cli/memory.h"
#include "cli/network.h"
#include "cli/progress.h"
#include "fcn/bench.h"
#include "fcn/error.h"

namespace fcn::cli {
namespace {

constexpr int kMostRuns = 100000;

int ParseRuns(const std::string& line) {
  int runs = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), runs);
  if (error != std::errc() || end != line.data() + line.size() || runs < 1 || runs > kMostRuns)
    throw Error(ErrorCode::kUsage, fmt::format("\"{}\" is not a number of runs", line),
                fmt::format("With --on-request each line of standard input is a number from 1 to {}.", kMostRuns));
  return runs;
}

// Flushed, since whoever asked waits for it.
void Answer(const std::vector<double>& runs_ms) { PrintResult({}, {}, nlohmann::json(runs_ms).dump() + "\n"); }

TimingOptions TimingOptionsOf(const BenchOptions& options) {
  using Work = TimingOptions::Work;
  const ImageSize size = ParseSize(options.size);
  return {.work = options.train    ? Work::kTraining
                  : options.labels ? Work::kLabels
                                   : Work::kScores,
          .width = size.width,
          .height = size.height,
          .pictures = options.batch};
}

TimedNetwork OpenTimed(const BenchOptions& options, const CommonOptions& common) {
  const TimingOptions timing = TimingOptionsOf(options);
  const Runtime runtime = common.runtime();
  const NamedNetwork named = OpenNetwork(options.model, options.form);
  return named.model ? TimedNetwork(*named.model, timing, runtime) : TimedNetwork(named.network, timing, runtime);
}

std::vector<double> TimeRuns(TimedNetwork& network, int runs, Profile* profile) {
  Progress progress("timing", static_cast<size_t>(runs));
  std::vector<double> runs_ms;
  for (int i = 0; i < runs; i++) {
    progress.Update(static_cast<size_t>(i));
    runs_ms.push_back(network.Run(profile));
  }
  return runs_ms;
}

}  // namespace

Timing TimeNetwork(const BenchOptions& options, const CommonOptions& common) {
  TimedNetwork network = OpenTimed(options, common);
  Timing timing;
  timing.compile_ms = network.compile_ms();
  timing.planned_bytes = network.planned_bytes();
  timing.multiply_adds = network.multiply_adds();
  const std::vector<double> first = TimeRuns(network, 1, nullptr);
  timing.first_ms = first[0];
  Profile* profile = options.profile ? &timing.profile : nullptr;
  if (options.on_request) {
    Answer(first);
    for (std::string line; std::getline(std::cin, line);) {
      const std::vector<double> asked = TimeRuns(network, ParseRuns(line), profile);
      Answer(asked);
      timing.runs_ms.insert(timing.runs_ms.end(), asked.begin(), asked.end());
    }
    if (timing.runs_ms.empty()) timing.runs_ms = first;
  } else {
    timing.runs_ms = TimeRuns(network, options.runs, profile);
  }
  std::sort(timing.runs_ms.begin(), timing.runs_ms.end());
  timing.peak_rss_mb = PeakResidentMegabytes();
  timing.new_size_compile_ms = network.NewSizeMilliseconds();
  return timing;
}

}  // namespace fcn::cli
