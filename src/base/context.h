#pragma once

#include <cstdint>
#include <memory>

#include "base/isa.h"
#include "fcn/cancellation.h"
#include "fcn/function_ref.h"
#include "fcn/runtime.h"

namespace fcn {

/// Which threads of a context a request runs on.
enum class Cores {
  kAll,
  kOne,  ///< the calling thread alone
};

/// What a computation runs on: threads, instruction set, cancellation. Passed by reference; there are no globals.
/// Thread-safe: several callers may run loops through one Context at once.
class Context {
 public:
  /// 0 is AvailableCores(); where fewer can be started, those do it all. Throws Error(kUsage) below 0 and above 1024.
  explicit Context(int threads = 0, Isa isa = DefaultIsa());
  /// What one request runs on: the parent's instruction set and threads, which it shares with other requests, or the
  /// calling thread alone. It is cancelled with the parent, and with its token where there is one. Both outlive it. It
  /// starts no threads.
  Context(const Context& parent, const CancellationToken* token, Cores cores = Cores::kAll);
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
  void Cancel() noexcept { own_.Cancel(); }
  bool is_cancelled() const noexcept {
    return own_.is_cancelled() || (token_ && token_->is_cancelled()) || (parent_ && parent_->is_cancelled());
  }
  /// Throws Error(kCancelled) where it is.
  void ThrowIfCancelled() const;

 private:
  struct Pool;
  int threads_;
  Isa isa_;
  CancellationToken own_;
  const CancellationToken* token_ = nullptr;
  const Context* parent_ = nullptr;
  std::shared_ptr<Pool> pool_;
};

}  // namespace fcn
