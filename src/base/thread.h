#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>

namespace fcn {

/// A thread that is joined when it is destroyed. Where the system gives no more threads (`ulimit -u`, `ulimit -v`, a
/// cgroup's pids.max), Start says so without an exception: whoever wants threads can do with fewer.
class Thread {
 public:
  /// Runs `body`, which may not throw, on a new thread with a stack of 2 MB, whatever `ulimit -s` says.
  static std::optional<Thread> Start(std::function<void()> body) noexcept;
  ~Thread();
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&&) = delete;

 private:
  explicit Thread(pthread_t handle) : handle_(handle) {}
  std::optional<pthread_t> handle_;
};

/// Starts up to `wanted` threads at once, as libraries do, with the stack that `ulimit -s` says, beside `bytes` of
/// memory; all end again. How many there were. For libraries that abort or wait for ever where a thread is refused.
int CountThreadsToSpare(int wanted, size_t bytes);

/// Thread::Start, or what a test puts in its place.
using StartThread = std::function<std::optional<Thread>(std::function<void()> body)>;

}  // namespace fcn
