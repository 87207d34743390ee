#include "train/schedule.h"

#include <cmath>

#include "base/check.h"

namespace fcn {
namespace {

double Scheduled(const ScheduleOptions& options, int64_t iteration) {
  switch (options.schedule) {
    case Schedule::kPoly: {
      FCN_CHECK(options.max_iterations >= 1);
      if (iteration >= options.max_iterations) return 0;
      const double done = static_cast<double>(iteration) / static_cast<double>(options.max_iterations);
      return options.base * std::pow(1 - done, options.power);
    }
    case Schedule::kStep: {
      FCN_CHECK(options.step_size >= 1);
      const int64_t steps = iteration / options.step_size;
      return options.base * std::pow(options.gamma, static_cast<double>(steps));
    }
    case Schedule::kConstant:
      return options.base;
  }
  FCN_CHECK(!"every schedule is listed");
  return 0;
}

}  // namespace

double RateAt(const ScheduleOptions& options, int64_t iteration) {
  FCN_CHECK(iteration >= 0);
  const double rate = Scheduled(options, iteration);
  if (iteration >= options.warmup_iterations) return rate;
  const double warmed = static_cast<double>(iteration) / static_cast<double>(options.warmup_iterations);
  return rate * (options.warmup_ratio + (1 - options.warmup_ratio) * warmed);
}

}  // namespace fcn
