#pragma once

#include <string>

namespace fcn {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace fcn

/// For our own mistakes only: a condition that no input can break. Throws Error(kInternal) naming the place, so that a
/// server survives even those.
#define FCN_CHECK(condition)                              \
  do {                                                    \
    if (!(condition)) [[unlikely]]                        \
      ::fcn::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)
