#include "segment/predictor/core_schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using Turn = CoreSchedule::Turn;

constexpr int64_t kSmall = CoreSchedule::kLargePixels - 1, kLarge = CoreSchedule::kLargePixels;

TEST(Line, IsServedInOrder) {
  std::condition_variable changed;
  Line line(changed);
  std::optional<Line::Place> first(std::in_place, line), second(std::in_place, line), third(std::in_place, line);
  EXPECT_TRUE(first->is_first());
  EXPECT_FALSE(second->is_first());
  second.reset();  // gave up
  EXPECT_FALSE(third->is_first());
  first.reset();
  EXPECT_TRUE(third->is_first());
}

TEST(CoreSchedule, SmallPicturesRunSideBySideOnOneCoreEach) {
  const Context context(2);
  CoreSchedule schedule;
  const Turn first(schedule, kSmall, context), second(schedule, kSmall, context);
  EXPECT_EQ(first.cores(), Cores::kOne);
  EXPECT_EQ(second.cores(), Cores::kOne);
}

TEST(CoreSchedule, ALargePictureHasAllCoresAlone) {
  const Context context(2);
  CoreSchedule schedule;
  CancellationToken token;
  token.Cancel();  // whoever has to wait is cancelled
  const Context impatient(context, &token);
  const auto expect_wait = [&](int64_t pixels) {
    ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Turn(schedule, pixels, impatient); });
  };
  {
    const Turn small(schedule, kSmall, context);
    expect_wait(kLarge);
  }
  {
    const Turn large(schedule, kLarge, context);
    EXPECT_EQ(large.cores(), Cores::kAll);
    expect_wait(kLarge);
    expect_wait(kSmall);
  }
  const Turn small(schedule, kSmall, context);
}

TEST(CoreSchedule, NobodyMeetsALargePicture) {
  const Context context(1);
  CoreSchedule schedule;
  std::atomic<int> small{0}, large{0}, wrong{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int caller = 0; caller < 4; caller++)
    threads.emplace_back([&, caller] {
      for (int i = 0; i < 50; i++) {
        const bool is_large = (caller + i) % 5 == 0;
        const Turn turn(schedule, is_large ? kLarge : kSmall, context);
        std::atomic<int>& mine = is_large ? large : small;
        mine++;
        if (large > 1 || (large > 0 && small > 0)) wrong++;
        std::this_thread::yield();
        mine--;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace fcn
