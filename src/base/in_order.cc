#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <vector>

#include "base/thread.h"
#include "fcn/side_by_side.h"

namespace fcn {
namespace {

/// What the threads share: which index is next, and how far everything is done.
class Queue {
 public:
  Queue(size_t count, FunctionRef<void(size_t)> finished) : finished_(finished), state_(count, State::kOpen) {}

  /// Whether there is another, and which.
  bool Take(size_t& index) {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == state_.size()) return false;
    index = next_++;
    return true;
  }

  void Done(size_t index) {
    const std::lock_guard lock(mutex_);
    state_[index] = State::kDone;
    for (; first_open_ < state_.size() && state_[first_open_] == State::kDone; first_open_++) finished_(first_open_);
  }

  void Failed(size_t index, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || index < failed_) failure_ = std::move(failure), failed_ = index;
  }

  void Rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  enum class State : char { kOpen, kDone };
  std::mutex mutex_;
  FunctionRef<void(size_t)> finished_;
  std::vector<State> state_;
  size_t next_ = 0, first_open_ = 0, failed_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void InOrder(size_t count, int lanes, FunctionRef<void(size_t)> work, FunctionRef<void(size_t)> finished) {
  constexpr int kMostLanes = 1024;
  lanes = std::clamp(lanes, 1, kMostLanes);
  Queue queue(count, finished);
  const auto run = [&] {
    for (size_t index = 0; queue.Take(index);) {
      try {
        work(index);
        queue.Done(index);
      } catch (...) {
        queue.Failed(index, std::current_exception());
      }
    }
  };
  {
    std::vector<Thread> others;
    others.reserve(static_cast<size_t>(lanes));
    for (int lane = 1; lane < lanes; lane++) {
      std::optional<Thread> started = Thread::Start([&run] { run(); });
      if (!started) break;  // those that there are do it all
      others.push_back(*std::move(started));
    }
    run();
  }
  queue.Rethrow();
}

}  // namespace fcn
