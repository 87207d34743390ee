#include "base/machine.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace fcn {

std::vector<std::string> CgroupFolders() {
  const std::string root = "/sys/fs/cgroup";
  std::vector<std::string> folders = {root};
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::/")) continue;  // the one line of version 2
    std::string path = line.substr(3);
    for (; path.size() > 1; path.erase(path.rfind('/'))) folders.push_back(root + path);
  }
  return folders;
}

int64_t MachineMemory() {
  int64_t bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  for (const std::string& folder : CgroupFolders()) {
    int64_t limit = 0;  // "max" does not read as a number
    if (std::ifstream file(folder + "/memory.max"); file >> limit && limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

}  // namespace fcn
