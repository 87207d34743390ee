#ifdef FCN_STD_THREADS

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_pool.h"

namespace fcn {

namespace {

// Whether this thread runs a loop's body. A loop inside a loop runs on its own thread alone: it would wait for ever for
// the outer one to end.
thread_local bool in_loop = false;

}  // namespace

// One loop at a time: callers queue on `callers`. Workers sleep until a generation starts and take tasks from a
// counter.
struct ThreadPool::State {
  std::mutex callers, mutex;
  std::condition_variable start, done;
  std::vector<std::thread> workers;
  const FunctionRef<void(int64_t, int)>* body = nullptr;
  std::atomic<int64_t> next{0};
  int64_t count = 0, generation = 0;
  int running = 0;
  bool stopping = false;
  std::exception_ptr failure;

  void TakeTasks(int worker) {
    in_loop = true;
    for (int64_t task; (task = next.fetch_add(1)) < count;) {
      try {
        (*body)(task, worker);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
        next.store(count);
      }
    }
    in_loop = false;
  }

  void Work(int worker) {
    for (int64_t seen = 0;;) {
      std::unique_lock lock(mutex);
      start.wait(lock, [&] { return stopping || generation != seen; });
      if (stopping) return;
      seen = generation;
      lock.unlock();
      TakeTasks(worker);
      lock.lock();
      if (--running == 0) done.notify_all();
    }
  }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
  for (int i = 1; i < threads; i++) state_->workers.emplace_back([this, i] { state_->Work(i); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->start.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

void ThreadPool::Run(int64_t count, FunctionRef<void(int64_t, int)> body) {
  if (in_loop) {
    for (int64_t task = 0; task < count; task++) body(task, 0);
    return;
  }
  const std::lock_guard one_loop_at_a_time(state_->callers);
  {
    const std::lock_guard lock(state_->mutex);
    state_->body = &body, state_->count = count, state_->failure = nullptr;
    state_->next.store(0);
    state_->running = static_cast<int>(state_->workers.size());
    state_->generation++;
  }
  state_->start.notify_all();
  state_->TakeTasks(0);
  std::unique_lock lock(state_->mutex);
  state_->done.wait(lock, [&] { return state_->running == 0; });
  if (state_->failure) std::rethrow_exception(state_->failure);
}

}  // namespace fcn

#endif
