#include "segment/predictor/core_schedule.h"

#include "base/wait_until.h"

namespace fcn {

CoreSchedule::Turn::Turn(CoreSchedule& schedule, int64_t pixels, const Context& request)
    : schedule_(schedule), is_large_(pixels >= kLargePixels) {
  std::unique_lock lock(schedule.mutex_);
  const Line::Place place(schedule.line_);
  WaitUntil(schedule.changed_, lock, request,
            [&] { return place.is_first() && !schedule.large_ && (!is_large_ || schedule.small_ == 0); });
  if (is_large_)
    schedule.large_ = true;
  else
    schedule.small_++;
}

CoreSchedule::Turn::~Turn() {
  const std::lock_guard lock(schedule_.mutex_);
  if (is_large_)
    schedule_.large_ = false;
  else
    schedule_.small_--;
  schedule_.changed_.notify_all();
}

}  // namespace fcn
