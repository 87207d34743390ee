#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fcn {

/// Something that limits the memory of this process.
struct MemoryBound {
  std::string of;         ///< "this machine", "the cgroup", "ulimit -v", "ulimit -d", "the commit limit"
  int64_t limit = 0;      ///< bytes, in use or not
  int64_t available = 0;  ///< bytes that can be taken now, beside all that is in use
  std::string remedy;     ///< what gives more
};

/// Every bound that is known: memory built in, cgroups of both versions, address space, data, and the commit limit
/// where the system never overcommits. Pages of files, which the kernel can drop, are available; swap is not, since a
/// program that swaps is as good as dead. `root` is where proc/ and sys/ lie. At least the machine's.
std::vector<MemoryBound> MemoryBounds(const std::filesystem::path& root = "/");

/// The one that leaves the least.
MemoryBound TightestMemoryBound(const std::filesystem::path& root = "/");

/// Gives back to the system what has been freed: the allocator keeps it otherwise.
void ReturnFreedMemory();

}  // namespace fcn
