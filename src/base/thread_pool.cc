#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

namespace fcn {
namespace {

/// Waits for what comes in some microseconds most often, as the next step of a network does: sleeping and waking take
/// longer. False where it did not come.
template <typename Condition>
bool SpinUntil(const Condition& condition) {
  constexpr auto kAlone = std::chrono::microseconds(10), kLongest = std::chrono::microseconds(100);
  const auto start = std::chrono::steady_clock::now();
  for (;;) {
    for (int i = 0; i < 16; i++) {
      if (condition()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    const auto waited = std::chrono::steady_clock::now() - start;
    if (waited > kLongest) return false;
    if (waited > kAlone) sched_yield();  // there may be more threads than cores
  }
}

/// One call of Run. Each thread begins with a part of the tasks of its own, in one piece: it then finds in its cache
/// what it wrote there in the loop before. Whoever is done with its part helps with the others.
class Loop {
 public:
  Loop(int64_t count, int threads, FunctionRef<void(int64_t, int)> body)
      : body_(body), parts_(static_cast<int>(std::min<int64_t>({count, threads, kMostParts}))) {
    for (int i = 0; i < parts_; i++) {
      const int64_t each = count / parts_, more = count % parts_;
      part_[i].next.store(i * each + std::min<int64_t>(i, more), std::memory_order_relaxed);
      part_[i].end = (i + 1) * each + std::min<int64_t>(i + 1, more);
    }
  }

  /// Runs tasks until none is left that has not begun.
  void TakeTasks(int worker) noexcept {
    for (int i = 0; i < parts_; i++) {
      Part& part = part_[(worker + i) % parts_];
      // The look before keeps the counter from growing without need.
      while (part.next.load(std::memory_order_relaxed) < part.end) {
        const int64_t task = part.next.fetch_add(1, std::memory_order_relaxed);
        if (task >= part.end) break;
        try {
          body_(task, worker);
        } catch (...) {
          Fail(std::current_exception());
        }
      }
    }
  }

  void Rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

  // Of the pool, under its mutex.
  Loop *before = nullptr, *after = nullptr;  // in the list of loops that may be joined
  bool is_open = false;                      // whether it is in that list
  int places = 0;                            // for more threads
  std::atomic<int> helpers{0};               // threads in it beside its caller, who may look without the mutex
  bool caller_sleeps = false;

 private:
  static constexpr int kMostParts = 32;
  struct alignas(64) Part {
    std::atomic<int64_t> next;
    int64_t end;
  };

  void Fail(std::exception_ptr failure) {
    const std::lock_guard lock(failing_);
    if (!failure_) failure_ = std::move(failure);
    for (int i = 0; i < parts_; i++) part_[i].next.store(part_[i].end, std::memory_order_relaxed);
  }

  FunctionRef<void(int64_t, int)> body_;
  int parts_;
  Part part_[kMostParts];
  std::mutex failing_;
  std::exception_ptr failure_;
};

}  // namespace

// Loops that have tasks left are in a list, the newest first, and threads that have nothing to do join one of them. The
// caller of a loop inside of another is its first thread, too, and waits for its helpers alone: none of them waits for
// it, so loops may be nested and have many callers.
struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable start, done;
  std::atomic<uint64_t> news{0};  // grows with each loop, and when it all ends
  Loop* open = nullptr;
  int sleeping = 0;
  bool stopping = false;
  std::vector<Thread> workers;  // last: they are joined before what they use is gone

  void Open(Loop& loop) {
    loop.is_open = true;
    loop.after = open;
    if (open) open->before = &loop;
    open = &loop;
    news.fetch_add(1, std::memory_order_release);
  }

  void Close(Loop& loop) {
    if (!loop.is_open) return;
    loop.is_open = false;
    (loop.before ? loop.before->after : open) = loop.after;
    if (loop.after) loop.after->before = loop.before;
    loop.before = loop.after = nullptr;
  }

  void Help(Loop& loop, int worker, std::unique_lock<std::mutex>& lock) {
    loop.helpers.fetch_add(1, std::memory_order_relaxed);
    if (--loop.places == 0) Close(loop);
    lock.unlock();
    loop.TakeTasks(worker);
    lock.lock();
    Close(loop);
    const bool wake = loop.caller_sleeps;
    // Its caller may return now, and the loop is no more.
    if (loop.helpers.fetch_sub(1, std::memory_order_release) == 1 && wake) done.notify_all();
  }

  void Work(int worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      while (open) Help(*open, worker, lock);
      if (stopping) return;
      const uint64_t known = news.load(std::memory_order_relaxed);
      const auto has_news = [&] { return news.load(std::memory_order_acquire) != known; };
      lock.unlock();
      const bool soon = SpinUntil(has_news);
      lock.lock();
      if (soon) continue;
      sleeping++;
      start.wait(lock, has_news);
      sleeping--;
    }
  }

  void WaitForHelpers(Loop& loop) {
    const auto alone = [&] { return loop.helpers.load(std::memory_order_acquire) == 0; };
    if (SpinUntil(alone)) return;
    std::unique_lock lock(mutex);
    loop.caller_sleeps = true;
    done.wait(lock, alone);
  }
};

ThreadPool::ThreadPool(int threads, const StartThread& start) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.workers.reserve(static_cast<size_t>(threads - 1));
  for (int worker = 1; worker < threads; worker++) {
    std::optional<Thread> started = start([&state, worker] { state.Work(worker); });
    if (!started) break;
    state.workers.push_back(*std::move(started));
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->news.fetch_add(1, std::memory_order_release);
  }
  state_->start.notify_all();
}

int ThreadPool::threads() const { return static_cast<int>(state_->workers.size()) + 1; }

void ThreadPool::Run(int64_t count, FunctionRef<void(int64_t, int)> body) {
  Loop loop(count, threads(), body);
  const int64_t wanted = std::min<int64_t>(count, threads()) - 1;
  if (wanted > 0) {
    int64_t wake = 0;
    {
      const std::lock_guard lock(state_->mutex);
      loop.places = static_cast<int>(wanted);
      state_->Open(loop);
      wake = std::min<int64_t>(wanted, state_->sleeping);
    }
    for (; wake > 0; wake--) state_->start.notify_one();
  }
  loop.TakeTasks(0);
  if (wanted > 0) {
    {
      const std::lock_guard lock(state_->mutex);
      state_->Close(loop);
    }
    state_->WaitForHelpers(loop);
  }
  loop.Rethrow();
}

}  // namespace fcn
