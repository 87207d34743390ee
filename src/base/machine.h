#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fcn {

/// The folders of this process's cgroup (version 2) and of those around it, whose limits hold all at once. At least the
/// root's.
std::vector<std::string> CgroupFolders();

/// Bytes of memory that this process can have at most: the machine's, or less where a cgroup limits it.
int64_t MachineMemory();

}  // namespace fcn
