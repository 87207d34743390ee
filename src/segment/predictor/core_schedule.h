#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/context.h"
#include "segment/predictor/line.h"

namespace fcn {

/// Who computes when, of many pictures for which as many callers come as there are cores. Small ones are done fastest
/// side by side, each on one core; a large one, whose activations take hundreds of megabytes, on all cores while no
/// other is computed. Nobody overtakes anybody. Thread-safe.
class CoreSchedule {
 public:
  static constexpr int64_t kLargePixels = int64_t{1} << 20;

  /// A picture's turn, until it ends. Begins when the pictures before allow it; throws Error(kCancelled) where
  /// `request` is cancelled until then.
  class Turn {
   public:
    Turn(CoreSchedule& schedule, int64_t pixels, const Context& request);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    Cores cores() const { return is_large_ ? Cores::kAll : Cores::kOne; }

   private:
    CoreSchedule& schedule_;
    bool is_large_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Line line_{changed_};
  int small_ = 0;  // that are computed
  bool large_ = false;
};

}  // namespace fcn
