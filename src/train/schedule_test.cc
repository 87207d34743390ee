#include "train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/expect_error.h"

namespace fcn {
namespace {

TEST(Schedule, PolyFallsToZero) {
  ScheduleOptions options{.base = 0.5, .max_iterations = 1000, .power = 0.9};
  EXPECT_DOUBLE_EQ(RateAt(options, 0), 0.5);
  EXPECT_DOUBLE_EQ(RateAt(options, 250), 0.5 * std::exp(0.9 * std::log(0.75)));
  EXPECT_GT(RateAt(options, 999), 0);
  EXPECT_EQ(RateAt(options, 1000), 0);
  EXPECT_EQ(RateAt(options, 2000), 0);
  options.power = 1;
  EXPECT_DOUBLE_EQ(RateAt(options, 250), 0.375);
  options.power = 0;
  EXPECT_DOUBLE_EQ(RateAt(options, 999), 0.5);
}

TEST(Schedule, StepsFall) {
  const ScheduleOptions options{.schedule = Schedule::kStep, .base = 8, .step_size = 100, .gamma = 0.5};
  EXPECT_DOUBLE_EQ(RateAt(options, 0), 8);
  EXPECT_DOUBLE_EQ(RateAt(options, 99), 8);
  EXPECT_DOUBLE_EQ(RateAt(options, 100), 4);
  EXPECT_DOUBLE_EQ(RateAt(options, 350), 1);
}

TEST(Schedule, ConstantStays) {
  const ScheduleOptions options{.schedule = Schedule::kConstant, .base = 1e-10};
  EXPECT_DOUBLE_EQ(RateAt(options, 0), 1e-10);
  EXPECT_DOUBLE_EQ(RateAt(options, int64_t{1} << 60), 1e-10);
}

TEST(Schedule, WarmUpMultipliesEverySchedule) {
  for (const Schedule schedule : {Schedule::kPoly, Schedule::kStep, Schedule::kConstant}) {
    ScheduleOptions plain{.schedule = schedule, .base = 2, .max_iterations = 100, .step_size = 7, .gamma = 0.5};
    ScheduleOptions warm = plain;
    warm.warmup_iterations = 10;
    warm.warmup_ratio = 0.25;
    EXPECT_DOUBLE_EQ(RateAt(warm, 0), 0.5);
    EXPECT_DOUBLE_EQ(RateAt(warm, 4), 0.55 * RateAt(plain, 4));
    EXPECT_DOUBLE_EQ(RateAt(warm, 9), 0.925 * RateAt(plain, 9));
    for (int64_t t = 10; t < 30; t++) EXPECT_EQ(RateAt(warm, t), RateAt(plain, t));
  }
}

TEST(Schedule, ImpossibleArgumentsAreOurMistake) {
  const auto refused = [](const ScheduleOptions& options, int64_t iteration) {
    test::ExpectError(ErrorCode::kInternal, "schedule.cc", [&] { RateAt(options, iteration); });
  };
  refused({}, -1);
  refused({.max_iterations = 0}, 0);
  refused({.schedule = Schedule::kStep, .step_size = 0}, 0);
}

}  // namespace
}  // namespace fcn
