#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fcn {

/// The folders that hold a controller's files ("memory", "cpu") for this process's cgroup and for those around it,
/// whose limits hold all at once: of version 2, of version 1, or of both where a system has both. Inside a container
/// they end at the container's own. `root` is where proc/ and the mount points lie. A folder need not have any file.
std::vector<std::filesystem::path> CgroupFolders(const std::string& controller,
                                                 const std::filesystem::path& root = "/");

}  // namespace fcn
