#pragma once

#include <exception>

#include "fcn/error.h"

namespace fcn::cli {

/// What any exception is to those who run the program: causes outside of it have a code of their own, and what nobody
/// foresaw is an internal error.
Error AsError(const std::exception& exception);

}  // namespace fcn::cli
