#pragma once

#include <filesystem>
#include <vector>

#include "fcn/runtime.h"

namespace fcn {

/// Every bound that is known: memory built in, cgroups of both versions, address space, data, and the commit limit
/// where the system never overcommits. Pages of files, which the kernel can drop, are available; swap is not, since a
/// program that swaps is as good as dead. `root` is where proc/ and sys/ lie. At least the machine's.
std::vector<MemoryBound> MemoryBounds(const std::filesystem::path& root = "/");

/// The one that leaves the least.
MemoryBound TightestMemoryBound(const std::filesystem::path& root);

}  // namespace fcn
