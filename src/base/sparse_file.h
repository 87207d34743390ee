#pragma once

#include <filesystem>

#include "base/descriptor.h"

namespace fcn {

/// Throws Error(kInput) for a large file that is nearly all hole, as a download that has just begun: it would take time
/// and memory for zeros alone.
void CheckNotSparse(const Descriptor& file, const std::filesystem::path& path);

}  // namespace fcn
