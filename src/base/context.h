#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/function_ref.h"
#include "base/isa.h"

namespace fcn {

/// The cores that this process may use: the smaller of its affinity mask and its cgroup's CPU quota (v1 or v2), at
/// least 1.
int AvailableCores();

/// What a computation runs on: threads, instruction set, cancellation. Passed by reference; there are no globals.
/// Thread-safe: several callers may run loops through one Context at once.
class Context {
 public:
  /// 0 is AvailableCores(); where fewer can be started, those do it all. Throws Error(kUsage) below 0 and above 1024.
  explicit Context(int threads = 0, Isa isa = DefaultIsa());
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int threads() const { return threads_; }
  Isa isa() const { return isa_; }

  /// Runs body(task, worker) once for each task in [0, count), in any order; worker is in [0, threads()) and no two
  /// tasks of this call that run at the same time share it, so that it can index the call's scratch memory. Denormals
  /// are flushed to zero inside and the caller's mode is restored after. An exception of a body is rethrown here, and
  /// tasks that had not begun may then never run. A body may call Parallel again. Work must be cut by the problem's
  /// size, never by the thread count: results may not depend on it.
  void Parallel(int64_t count, FunctionRef<void(int64_t task, int worker)> body) const;

  /// Asks running and later computations to stop; safe in a signal handler.
  void Cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  /// Throws Error(kCancelled) after Cancel().
  void ThrowIfCancelled() const;

 private:
  struct Pool;
  int threads_;
  Isa isa_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<Pool> pool_;
};

}  // namespace fcn
