#pragma once

#include <cstdint>
#include <memory>

#include "base/function_ref.h"

namespace fcn {

/// The threads behind Context::Parallel: oneTBB, or with FCN_STD_THREADS a small pool of std::thread, which the thread
/// sanitizer can see into.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ~ThreadPool();

  /// Context::Parallel without its extras.
  void Run(int64_t count, FunctionRef<void(int64_t task, int worker)> body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fcn
