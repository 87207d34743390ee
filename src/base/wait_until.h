#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/context.h"

namespace fcn {

/// Waits until condition(), which is asked under the lock. Throws Error(kCancelled) soon after the context is
/// cancelled: that may happen in a signal handler, which cannot wake anybody, so who waits looks now and then.
template <typename Condition>
void WaitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, const Context& context,
               const Condition& condition) {
  constexpr auto kNowAndThen = std::chrono::milliseconds(20);
  while (!condition()) {
    context.ThrowIfCancelled();
    changed.wait_for(lock, kNowAndThen);
  }
}

}  // namespace fcn
