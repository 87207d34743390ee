#ifndef FCN_STD_THREADS

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <mutex>

#include "base/thread_pool.h"

namespace fcn {

namespace {

// oneTBB starts no more workers than there are cores unless it is told to, and the limit is one for the whole process,
// where the smallest wish wins. So there is one wish, which only ever grows, and only beyond what is allowed anyway.
void AllowWorkers(int threads) {
  static std::mutex mutex;
  static tbb::global_control* wish = nullptr;  // lives as long as the process: oneTBB's workers do
  const std::lock_guard lock(mutex);
  const auto count = static_cast<size_t>(threads);
  if (tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism) >= count) return;
  delete wish;
  wish = new tbb::global_control(tbb::global_control::max_allowed_parallelism, count);
}

}  // namespace

struct ThreadPool::State {
  explicit State(int threads) : arena(threads) { AllowWorkers(threads); }
  tbb::task_arena arena;
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>(threads)) {}
ThreadPool::~ThreadPool() = default;

void ThreadPool::Run(int64_t count, FunctionRef<void(int64_t, int)> body) {
  const auto run = [&](const tbb::blocked_range<int64_t>& range) {
    const int worker = tbb::this_task_arena::current_thread_index();
    for (int64_t task = range.begin(); task != range.end(); ++task) body(task, worker);
  };
  state_->arena.execute([&] {
    // Isolated, so that a body that waits for a loop of its own does not take up another task of the outer loop
    // meanwhile: two of its tasks would then run under one worker's number.
    tbb::this_task_arena::isolate(
        [&] { tbb::parallel_for(tbb::blocked_range<int64_t>(0, count, 1), run, tbb::simple_partitioner()); });
  });
}

}  // namespace fcn

#endif
