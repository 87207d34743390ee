#include "data/role_folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/listing_parts.h"
#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "models/roles.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> FolderNames(const fs::path& parent) {
  std::vector<std::string> names;
  if (!IsFolder(parent)) return names;
  for (const FolderEntry& entry : ReadFolder(parent))
    if (entry.type == fs::file_type::directory) names.push_back(entry.path.filename().string());
  return names;
}

/// The names behind a hyphen for which there are folders in a split.
std::vector<std::string> RolesThere(const fs::path& data_folder, const std::string& split, RolePlace place) {
  std::vector<std::string> roles;
  for (const fs::path& parent : {data_folder, data_folder / split})
    for (const std::string& folder : FolderNames(parent))
      for (size_t at = folder.find('-'); at != folder.npos; at = folder.find('-', at + 1))
        if (const std::string role = folder.substr(at + 1); IsRoleName(role) && IsFolder(place(split, "-" + role)))
          roles.push_back(role);
  return roles;
}

/// What was probably meant by a name: one that differs in case or in a letter or two, and is none of the other names.
std::string Meant(const std::string& name, const std::vector<std::string>& names,
                  const std::vector<std::string>& there) {
  const size_t most = name.size() < 3 ? 0 : name.size() < 5 ? 1 : 2;
  for (const std::string& other : there)
    if (std::ranges::find(names, other) == names.end() &&
        (LowerCase(other) == LowerCase(name) || EditDistance(other, name) <= most))
      return other;
  return {};
}

}  // namespace

std::vector<fs::path> RoleFolders(const std::vector<std::string>& names, const std::string& split, RolePlace place) {
  std::vector<fs::path> folders;
  for (const std::string& name : names) {
    folders.push_back(place(split, name.empty() ? "" : "-" + name));
    if (folders.size() == 1 && !IsFolder(folders[0])) folders[0] = place(split, "");
  }
  return folders;
}

void CheckRoleFolders(const char* kind, const std::vector<std::string>& names, const std::vector<fs::path>& folders,
                      const fs::path& data_folder, const std::string& split, RolePlace place) {
  for (size_t i = 0; i < names.size(); i++) {
    const std::string& name = names[i];
    const std::string ending = "-" + name;
    const fs::path own = place(split, ending);
    if (name.empty() || (folders[i] == own && IsFolder(own))) continue;
    const auto fail = [&](const std::string& hint) {
      throw Error(ErrorCode::kInput, fmt::format("there is no folder {} for the {} {}", own.string(), kind, name),
                  hint);
    };
    const std::string meant = Meant(name, names, RolesThere(data_folder, split, place));
    if (!meant.empty())
      fail(fmt::format("Did you mean {}, as in {}?", meant, place(split, "-" + meant).string()) +
           (i == 0 ? fmt::format(" Otherwise give the {} another name.", kind) : ""));
    if (i > 0) continue;
    for (const fs::path& parent : {data_folder, own.parent_path()})
      for (const std::string& other : FolderNames(parent))
        if (other != split && IsFolder(place(other, ending)))
          fail(
              fmt::format("{} is one of another split. Put the {} of both into folders of that name, or of neither: "
                          "then the layout's own are taken.",
                          place(other, ending).string(), std::string_view(kind) == "input" ? "pictures" : "labels"));
  }
}

}  // namespace fcn
