#include "base/check.h"

#include <fmt/format.h>

#include "fcn/error.h"

namespace fcn {

void CheckFailed(const char* condition, const char* file, int line) {
  throw Error(ErrorCode::kInternal, fmt::format("internal error: {} does not hold at {}:{}", condition, file, line),
              "This is a bug in fcn, not in your input: please report it with the command that led here.");
}

}  // namespace fcn
