#ifndef FCN_STD_THREADS

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include "base/thread_pool.h"

namespace fcn {

struct ThreadPool::State {
  explicit State(int threads) : arena(threads) {}
  tbb::task_arena arena;
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>(threads)) {}
ThreadPool::~ThreadPool() = default;

void ThreadPool::Run(int64_t count, FunctionRef<void(int64_t, int)> body) {
  state_->arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int64_t>(0, count, 1),
        [&](const tbb::blocked_range<int64_t>& range) {
          const int worker = tbb::this_task_arena::current_thread_index();
          for (int64_t task = range.begin(); task != range.end(); ++task) body(task, worker);
        },
        tbb::simple_partitioner());
  });
}

}  // namespace fcn

#endif
