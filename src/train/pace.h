#pragma once

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

namespace fcn {

/// Seconds per iteration of late.
class Pace {
 public:
  void Tick(int64_t iteration);
  /// Time that is spent on something else does not count.
  void Pause() { ticks_.clear(); }
  /// NaN before two iterations.
  double SecondsPerIteration() const;

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<std::pair<Clock::time_point, int64_t>> ticks_;
};

}  // namespace fcn
