#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace fcn {
namespace {

/// Starts so many threads and no more, as a system does that has no more to give.
StartThread AtMost(int count) {
  return [left = std::make_shared<int>(count)](std::function<void()> body) {
    return (*left)-- > 0 ? Thread::Start(std::move(body)) : std::nullopt;
  };
}

/// Loops inside of loops; each task runs once, and no two tasks of one loop run at once under one worker's number.
void RunNested(ThreadPool& pool) {
  constexpr int64_t kOuter = 40, kInner = 7;
  std::vector<std::atomic<int>> runs(kOuter * kInner);
  std::vector<std::atomic<bool>> busy(static_cast<size_t>(pool.threads()));
  pool.Run(kOuter, [&](int64_t i, int worker) {
    EXPECT_FALSE(busy.at(static_cast<size_t>(worker)).exchange(true));
    pool.Run(kInner, [&](int64_t j, int inner) {
      EXPECT_LT(inner, pool.threads());
      runs[static_cast<size_t>(i * kInner + j)]++;
    });
    busy.at(static_cast<size_t>(worker)) = false;
  });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
}

TEST(ThreadPool, DoesItAllWithTheThreadsThatItGets) {
  for (int given = 0; given <= 5; given++) {
    ThreadPool pool(6, AtMost(given));
    EXPECT_EQ(pool.threads(), given + 1);
    for (int i = 0; i < 20; i++) RunNested(pool);
    EXPECT_THROW(pool.Run(9, [](int64_t, int) { throw std::out_of_range("a body failed"); }), std::out_of_range);
    RunNested(pool);
  }
}

TEST(ThreadPool, ManyCallersOfNestedLoops) {
  ThreadPool pool(5);
  std::array<std::jthread, 6> callers;
  for (std::jthread& caller : callers)
    caller = std::jthread([&] {
      for (int i = 0; i < 30; i++) RunNested(pool);
    });
}

TEST(ThreadPool, WakesWorkersThatWentToSleep) {
  ThreadPool pool(3);
  for (int i = 0; i < 20; i++) {
    std::atomic<int> here{0};
    pool.Run(3, [&](int64_t, int) {  // each task waits for the others
      here++;
      while (here < 3) std::this_thread::yield();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 2));
  }
}

TEST(ThreadPool, ACallerSleepsUntilLongTasksOfOthersAreDone) {
  ThreadPool pool(2);
  std::atomic<int> done{0};
  pool.Run(2, [&](int64_t task, int) {
    if (task == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    done++;
  });
  EXPECT_EQ(done, 2);
}

TEST(ThreadPool, LoopsOfMoreTasksThanPartsAndOfNone) {
  ThreadPool pool(40);
  for (int64_t count : {0, 1, 39, 40, 41, 10000}) {
    std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
    pool.Run(count, [&](int64_t task, int) { runs[static_cast<size_t>(task)]++; });
    for (const auto& one : runs) EXPECT_EQ(one, 1);
  }
}

TEST(Thread, RunsAndIsJoined) {
  std::atomic<bool> ran{false};
  {
    const std::optional<Thread> thread = Thread::Start([&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

#ifndef FCN_SANITIZED  // sanitizers cannot do without address space

int ThreadsWithoutRoom() {
  const rlimit limit{1, 1};
  setrlimit(RLIMIT_AS, &limit);
  return ThreadPool(1000).threads();
}

TEST(ThreadPool, NoRoomForAStackIsNoThread) {
  // Some stacks of threads that ended are kept for new ones.
  EXPECT_EXIT(_exit(ThreadsWithoutRoom() < 100 ? 0 : 1), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace fcn
