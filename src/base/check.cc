#include "base/check.h"

#include <fmt/format.h>

#include "base/remedies.h"
#include "fcn/error.h"

namespace fcn {

void CheckFailed(const char* condition, const char* file, int line) {
  throw Error(ErrorCode::kInternal, fmt::format("internal error: {} does not hold at {}:{}", condition, file, line),
              kReportBug);
}

}  // namespace fcn
