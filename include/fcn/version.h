#pragma once

#include "fcn/export.h"

namespace fcn {

/// "0.1.0": the version of the library that is running.
FCN_API const char* Version();

}  // namespace fcn
