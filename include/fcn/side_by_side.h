#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "fcn/export.h"
#include "fcn/function_ref.h"

/// For many pictures, each from file to files, where one alone keeps no more than a core busy.
namespace fcn {

/// Calls work(i) for each i below `count` on `lanes` threads (of 1 to 1024), in the order of i as far as they begin,
/// and finished(i) for each in exactly that order and never two at once: as soon as work(i) and all before it are done,
/// on any of the threads. With one lane everything runs on the caller's thread; where the system gives fewer threads,
/// those do it all. The first i (not the first in time) whose work throws ends it all: nothing new begins, finished is
/// called for those before it alone, and its exception is rethrown when all threads have ended.
FCN_API void InOrder(size_t count, int lanes, FunctionRef<void(size_t)> work, FunctionRef<void(size_t)> finished);

/// Lets through what fits beside what is inside, and anything alone: for what is decoded side by side. Thread-safe.
class FCN_API MemoryGate {
 public:
  explicit MemoryGate(int64_t limit) : limit_(limit) {}

  /// What is inside, from when there is room until it ends.
  class Pass {
   public:
    Pass(MemoryGate& gate, int64_t bytes) : gate_(gate), bytes_(bytes) {
      std::unique_lock lock(gate_.mutex_);
      gate_.left_.wait(lock, [&] { return gate_.inside_ == 0 || gate_.inside_ + bytes_ <= gate_.limit_; });
      gate_.inside_ += bytes_;
    }
    ~Pass() {
      {
        const std::lock_guard lock(gate_.mutex_);
        gate_.inside_ -= bytes_;
      }
      gate_.left_.notify_all();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    MemoryGate& gate_;
    int64_t bytes_;
  };

 private:
  int64_t limit_, inside_ = 0;
  std::mutex mutex_;
  std::condition_variable left_;
};

}  // namespace fcn
