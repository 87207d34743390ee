#include "cli/bench_timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>

#include "cli/memory.h"
#include "cli/progress.h"
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

}  // namespace

void TimeRuns(const BenchOptions& options, FunctionRef<void(Profile*)> run, Timing& timing) {
  const auto time = [&](int runs, Profile* profile) {
    Progress progress("timing", static_cast<size_t>(runs));
    std::vector<double> runs_ms;
    for (int i = 0; i < runs; i++) {
      progress.Update(static_cast<size_t>(i));
      const auto start = std::chrono::steady_clock::now();
      run(profile);
      runs_ms.push_back(MillisecondsSince(start));
    }
    return runs_ms;
  };
  const std::vector<double> first = time(1, nullptr);
  timing.first_ms = first[0];
  Profile* profile = options.profile ? &timing.profile : nullptr;
  if (options.on_request) {
    Answer(first);
    for (std::string line; std::getline(std::cin, line);) {
      const std::vector<double> asked = time(ParseRuns(line), profile);
      Answer(asked);
      timing.runs_ms.insert(timing.runs_ms.end(), asked.begin(), asked.end());
    }
    if (timing.runs_ms.empty()) timing.runs_ms = first;
  } else {
    timing.runs_ms = time(options.runs, profile);
  }
  std::sort(timing.runs_ms.begin(), timing.runs_ms.end());
  timing.peak_rss_mb = PeakResidentMegabytes();
}

}  // namespace fcn::cli
