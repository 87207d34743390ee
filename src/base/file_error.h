#pragma once

#include <filesystem>

namespace fcn {

/// Throws the Error for a call of the operating system that failed: "cannot VERB PATH: cause", with what to do about
/// it. `cause` is an errno.
[[noreturn]] void ThrowFileError(const char* verb, const std::filesystem::path& path, int cause);

}  // namespace fcn
