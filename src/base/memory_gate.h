#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace fcn {

/// Lets through what fits beside what is inside, and anything alone: for what is decoded side by side.
class MemoryGate {
 public:
  explicit MemoryGate(int64_t limit) : limit_(limit) {}

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
