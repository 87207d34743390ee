#pragma once

#include <atomic>

namespace fcn {

/// Ends the calls that it is given to. One token may be given to several calls, and must outlive them.
class CancellationToken {
 public:
  CancellationToken() = default;
  CancellationToken(const CancellationToken&) = delete;
  CancellationToken& operator=(const CancellationToken&) = delete;

  /// Makes running and later calls that have it throw Error(kCancelled); from any thread, and safe in a signal handler.
  void Cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

}  // namespace fcn
