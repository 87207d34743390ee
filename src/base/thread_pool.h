#pragma once

#include <cstdint>
#include <memory>

#include "base/thread.h"
#include "fcn/function_ref.h"

namespace fcn {

/// The threads behind Context::Parallel. All are started at once, so that it is known how many there are: as many as
/// asked for, or those that the system gives. Nothing later can fail for want of a thread or of memory, since a loop
/// allocates nothing.
class ThreadPool {
 public:
  explicit ThreadPool(int threads, const StartThread& start = Thread::Start);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// With the caller's own; from 1 to what was asked for.
  int threads() const;

  /// Context::Parallel without its extras.
  void Run(int64_t count, FunctionRef<void(int64_t task, int worker)> body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fcn
