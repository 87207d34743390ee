#include "train/pace.h"

#include <limits>

namespace fcn {

void Pace::Tick(int64_t iteration) {
  constexpr auto kWindow = std::chrono::seconds(30);
  ticks_.emplace_back(Clock::now(), iteration);
  while (ticks_.size() > 2 && ticks_.back().first - ticks_.front().first > kWindow) ticks_.erase(ticks_.begin());
}

double Pace::SecondsPerIteration() const {
  if (ticks_.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  return std::chrono::duration<double>(ticks_.back().first - ticks_.front().first).count() /
         static_cast<double>(ticks_.back().second - ticks_.front().second);
}

}  // namespace fcn
