#include "base/context.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

TEST(AvailableCores, FollowsTheAffinityMask) {
  EXPECT_GE(AvailableCores(), 1);
  int on_one_core = 0;
  std::thread([&] {  // the mask is the thread's own
    cpu_set_t allowed, one;
    ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    EXPECT_LE(AvailableCores(), CPU_COUNT(&allowed));
    CPU_ZERO(&one);
    for (size_t core = 0; CPU_COUNT(&one) == 0; core++)
      if (CPU_ISSET(core, &allowed)) CPU_SET(core, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    on_one_core = AvailableCores();
  })
      .join();
  EXPECT_EQ(on_one_core, 1);
}

TEST(Context, ThreadsAreCountedAndChecked) {
  EXPECT_EQ(Context(3).threads(), 3);
  EXPECT_EQ(Context(0).threads(), AvailableCores());
  EXPECT_EQ(Context().threads(), AvailableCores());
  EXPECT_EQ(Context(1, Isa::kPortable).isa(), Isa::kPortable);
  ExpectError(ErrorCode::kUsage, "-1 threads", [] { Context context(-1); });
  ExpectError(ErrorCode::kUsage, "1025 threads", [] { Context context(1025); });
}

TEST(Context, WorkersReallyRunAtOnceWhateverOtherContextsThereAre) {
  const Context one(1);
  for (int threads : {2, 3}) {
    const Context context(threads);
    std::atomic<int> here{0};
    std::atomic<bool> met{true};
    context.Parallel(threads, [&](int64_t, int) {  // each task waits for all others
      here++;
      const auto start = std::chrono::steady_clock::now();
      while (here < threads)
        if (std::chrono::steady_clock::now() - start > std::chrono::seconds(20)) {
          met = false;
          return;
        }
    });
    EXPECT_TRUE(met) << threads;
  }
}

/// Counts the runs of each task, and finds workers that are out of range or run two tasks at once.
class Recorder {
 public:
  Recorder(int64_t tasks, int threads) : runs_(static_cast<size_t>(tasks)), busy_(static_cast<size_t>(threads)) {}

  void Begin(int64_t task, int worker) {
    runs_.at(static_cast<size_t>(task))++;
    if (worker < 0 || static_cast<size_t>(worker) >= busy_.size() || busy_[static_cast<size_t>(worker)].exchange(true))
      wrong_workers_++;
  }
  void End(int worker) { busy_.at(static_cast<size_t>(worker)) = false; }

  void ExpectAllOnce() const {
    for (size_t task = 0; task < runs_.size(); task++) EXPECT_EQ(runs_[task], 1) << "task " << task;
    EXPECT_EQ(wrong_workers_, 0);
  }

 private:
  std::vector<std::atomic<int>> runs_;
  std::vector<std::atomic<bool>> busy_;
  std::atomic<int> wrong_workers_{0};
};

void DoSomeWork(int64_t task) {
  std::atomic<int64_t> sum{0};  // not to be optimised away
  for (int64_t i = 0; i < 50 * (1 + task % 7); i++) sum += i;
}

TEST(Parallel, RunsEveryTaskOnceOnAWorkerOfItsOwn) {
  for (int threads : {1, 2, 3, 5}) {
    const Context context(threads);
    for (int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
      Recorder recorder(count, threads);
      context.Parallel(count, [&](int64_t task, int worker) {
        recorder.Begin(task, worker);
        DoSomeWork(task);
        recorder.End(worker);
      });
      recorder.ExpectAllOnce();
    }
  }
}

TEST(Parallel, NothingToDo) {
  const Context context(2);
  for (int64_t count : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::min()})
    context.Parallel(count, [](int64_t, int) { ADD_FAILURE() << "ran"; });
}

TEST(Parallel, TwoCallersAtOnce) {
  for (int threads : {1, 2, 4}) {
    const Context context(threads);
    constexpr int kCallers = 3, kRounds = 30;
    constexpr int64_t kTasks = 50;
    std::vector<std::thread> callers;
    callers.reserve(kCallers);
    std::atomic<int> failures{0};
    for (int caller = 0; caller < kCallers; caller++)
      callers.emplace_back([&] {
        for (int round = 0; round < kRounds; round++) {
          std::vector<std::atomic<int>> runs(kTasks);
          // Each caller has scratch memory of its own, which the worker's number indexes.
          std::vector<std::atomic<bool>> busy(static_cast<size_t>(threads));
          context.Parallel(kTasks, [&](int64_t task, int worker) {
            if (busy.at(static_cast<size_t>(worker)).exchange(true)) failures++;
            runs[static_cast<size_t>(task)]++;
            DoSomeWork(task);
            busy[static_cast<size_t>(worker)] = false;
          });
          for (const auto& count : runs)
            if (count != 1) failures++;
        }
      });
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(failures, 0) << threads << " threads";
  }
}

TEST(Parallel, LoopsInsideOfLoops) {
  for (int threads : {1, 2, 3, 4, 6}) {
    const Context context(threads);
    // Inner tasks of very different length, so that workers wait for each other inside of an outer task.
    constexpr int64_t kOuter = 200, kInner = 3;
    std::vector<std::atomic<int>> runs(kOuter * kInner);
    Recorder outer(kOuter, threads);
    std::atomic<int> out_of_range{0};
    context.Parallel(kOuter, [&](int64_t i, int worker) {
      outer.Begin(i, worker);
      context.Parallel(kInner, [&](int64_t j, int inner_worker) {
        if (inner_worker < 0 || inner_worker >= threads) out_of_range++;
        runs[static_cast<size_t>(i * kInner + j)]++;
        for (int64_t k = 0; k < (i * 37 + j * 11) % 50; k++) DoSomeWork(k);
      });
      outer.End(worker);
    });
    outer.ExpectAllOnce();
    EXPECT_EQ(out_of_range, 0);
    for (const auto& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST(Parallel, LoopsOfAnotherContextInside) {
  const Context outer(2), inner(2);
  std::atomic<int> runs{0};
  outer.Parallel(10, [&](int64_t, int) { inner.Parallel(10, [&](int64_t, int) { runs++; }); });
  EXPECT_EQ(runs, 100);
}

TEST(Parallel, RethrowsAndStaysUsable) {
  for (int threads : {1, 2, 4}) {
    const Context context(threads);
    const auto fails = [&] {
      context.Parallel(100, [](int64_t task, int) {
        if (task % 10 == 3) throw std::out_of_range("a body failed");
      });
    };
    for (int i = 0; i < 10; i++) EXPECT_THROW(fails(), std::out_of_range);
    EXPECT_THROW(context.Parallel(4, [&](int64_t, int) { fails(); }), std::out_of_range);
    Recorder recorder(100, threads);
    context.Parallel(100, [&](int64_t task, int worker) {
      recorder.Begin(task, worker);
      recorder.End(worker);
    });
    recorder.ExpectAllOnce();
  }
}

TEST(Parallel, StopsAfterCancel) {
  Context context(2);
  EXPECT_NO_THROW(context.ThrowIfCancelled());
  context.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { context.ThrowIfCancelled(); });
  ExpectError(ErrorCode::kCancelled, "cancelled",
              [&] { context.Parallel(5, [](int64_t, int) { ADD_FAILURE() << "ran"; }); });
}

TEST(Parallel, ABodyCanCancelLaterLoops) {
  Context context(2);
  context.Parallel(5, [&](int64_t, int) { context.Cancel(); });
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { context.Parallel(1, [](int64_t, int) {}); });
}

TEST(ContextOfARequest, SharesTheThreadsOrHasOne) {
  const Context parent(3, Isa::kPortable);
  const Context all(parent, nullptr), one(parent, nullptr, Cores::kOne);
  EXPECT_EQ(all.threads(), 3);
  EXPECT_EQ(one.threads(), 1);
  for (const Context* request : {&all, &one}) {
    EXPECT_EQ(request->isa(), Isa::kPortable);
    Recorder recorder(100, request->threads());
    request->Parallel(100, [&](int64_t task, int worker) {
      recorder.Begin(task, worker);
      recorder.End(worker);
    });
    recorder.ExpectAllOnce();
  }
  const std::thread::id caller = std::this_thread::get_id();
  one.Parallel(10, [&](int64_t, int) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(ContextOfARequest, IsCancelledWithItsTokenAndWithItsParent) {
  Context parent(2);
  CancellationToken first_token, second_token;
  const Context first(parent, &first_token), second(parent, &second_token, Cores::kOne), third(parent, nullptr);
  const Context inner(first, nullptr);
  first_token.Cancel();
  for (const Context* cancelled : {&first, &inner})
    ExpectError(ErrorCode::kCancelled, "cancelled", [&] { cancelled->Parallel(1, [](int64_t, int) {}); });
  for (const Context* other : std::initializer_list<const Context*>{&parent, &second, &third})
    EXPECT_NO_THROW(other->Parallel(1, [](int64_t, int) {}));
  parent.Cancel();
  EXPECT_TRUE(second.is_cancelled() && third.is_cancelled());
  EXPECT_FALSE(second_token.is_cancelled());
}

/// Half of the smallest normal number: zero where denormals are flushed. Volatile, so that the processor computes it.
float HalfOfTheSmallest() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest * 0.5f;
}

TEST(Parallel, FlushesDenormalsInsideAndNotAfter) {
  ASSERT_GT(HalfOfTheSmallest(), 0);
  for (int threads : {1, 2}) {
    const Context context(threads);
    std::atomic<int> flushed{0};
    context.Parallel(64, [&](int64_t task, int) {
      if (HalfOfTheSmallest() == 0) flushed++;
      DoSomeWork(task);
    });
    EXPECT_EQ(flushed, 64);
    EXPECT_GT(HalfOfTheSmallest(), 0) << "the caller's mode was not restored";
    EXPECT_THROW(context.Parallel(1, [](int64_t, int) { throw std::runtime_error("leaving"); }), std::runtime_error);
    EXPECT_GT(HalfOfTheSmallest(), 0) << "the caller's mode was not restored after an exception";
    context.Parallel(2, [&](int64_t, int) {
      context.Parallel(2, [](int64_t, int) {});
      EXPECT_EQ(HalfOfTheSmallest(), 0) << "a loop inside ended the flushing";
    });
  }
}

}  // namespace
}  // namespace fcn
