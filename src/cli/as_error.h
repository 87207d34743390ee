#pragma once

#include <exception>
#include <string>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn::cli {

/// What any exception is to those who run the program: causes outside of it have a code of their own, and what nobody
/// foresaw is an internal error.
Error AsError(const std::exception& exception);

/// Calls body(). What fails because of `file`, which its message does not name, gets the name before. What the system
/// refuses names its own.
template <typename Body>
auto Naming(const std::string& file, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    const bool is_other =
        error.code() == ErrorCode::kUsage || error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kIo;
    if (is_other || error.message().find(Shown(file)) != std::string::npos) throw;
    throw Error(error.code(), Shown(file) + ": " + error.message(), error.hint());
  }
}

}  // namespace fcn::cli
