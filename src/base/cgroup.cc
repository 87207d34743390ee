#include "base/cgroup.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// A mounted hierarchy of cgroups: the folder `point` shows the cgroup `group`, and those in it.
struct Hierarchy {
  std::string group, point, type, options;
};

/// Spaces and backslashes in mountinfo are three octal digits after a backslash.
std::string Unescaped(const std::string& text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); i++) {
    const bool is_escape =
        text[i] == '\\' && i + 3 < text.size() &&
        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                    text.begin() + static_cast<std::ptrdiff_t>(i) + 4, [](char c) { return c >= '0' && c <= '7'; });
    plain += is_escape ? static_cast<char>(std::stoi(text.substr(i + 1, 3), nullptr, 8)) : text[i];
    if (is_escape) i += 3;
  }
  return plain;
}

std::vector<Hierarchy> MountedHierarchies(const fs::path& root) {
  std::vector<Hierarchy> hierarchies;
  std::ifstream file(root / "proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    // id parent device group point options [optional fields] - type source options
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash)), after(line.substr(dash + 3));
    std::string ignored;
    Hierarchy found;
    before >> ignored >> ignored >> ignored >> found.group >> found.point;
    after >> found.type >> ignored >> found.options;
    if (found.type != "cgroup" && found.type != "cgroup2") continue;
    found.group = Unescaped(found.group), found.point = Unescaped(found.point);
    hierarchies.push_back(std::move(found));
  }
  if (hierarchies.empty()) hierarchies.push_back({"/", "/sys/fs/cgroup", "cgroup2", ""});
  return hierarchies;
}

bool HasMember(std::string_view list, std::string_view member) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (list.substr(0, comma) == member) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// The cgroup's path below the mount point. Empty where a container shows its own group there, under a name that this
/// process does not see.
std::string PathBelow(const Hierarchy& hierarchy, const std::string& group) {
  const std::string prefix = hierarchy.group == "/" ? "" : hierarchy.group;
  const bool is_below = group.starts_with(prefix + "/") && group.find("/..") == std::string::npos;
  return is_below ? group.substr(prefix.size()) : "";
}

}  // namespace

std::vector<fs::path> CgroupFolders(const std::string& controller, const fs::path& root) {
  std::vector<fs::path> folders;
  const std::vector<Hierarchy> hierarchies = MountedHierarchies(root);
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // id:controllers:group; version 2 names no controllers
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1), group = line.substr(second + 1);
    const bool is_version_2 = controllers.empty();
    if (!is_version_2 && !HasMember(controllers, controller)) continue;
    for (const Hierarchy& hierarchy : hierarchies) {
      if (is_version_2 ? hierarchy.type != "cgroup2" : !HasMember(hierarchy.options, controller)) continue;
      const fs::path point = root / fs::path(hierarchy.point).relative_path();
      std::string below = PathBelow(hierarchy, group);
      for (; below.size() > 1; below.erase(below.rfind('/'))) folders.push_back(point / below.substr(1));
      folders.push_back(point);
    }
  }
  return folders;
}

}  // namespace fcn
