#pragma once

#include <filesystem>
#include <string>

namespace fcn {

// The names under which AtomicFile writes where it cannot do without one, and what a kill leaves of them. A writer
// keeps a lock of the operating system on its temporary file, which ends with the writer however that ends. So a file
// without one is nobody's any more, whichever machine the writer ran on.

/// Beside a file: NAME.PID.part for number 0, else NAME.PID.NUMBER.part; NAME is cut where that would be too long.
std::filesystem::path TemporaryName(const std::filesystem::path& file, int number);

/// Locks a temporary file that this process has open. False where somebody is removing it, or has.
bool LockTemporary(int descriptor, const std::filesystem::path& temporary);

}  // namespace fcn
