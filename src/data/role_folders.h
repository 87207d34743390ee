#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fcn/function_ref.h"

namespace fcn {

/// A layout's folder of a split for what stands behind its usual name: "-depth", or nothing for its own.
using RolePlace = FunctionRef<std::filesystem::path(const std::string& split, const std::string& ending)>;

/// The folders of inputs or heads. The layout's own is the first one's, where it has none by its name.
std::vector<std::filesystem::path> RoleFolders(const std::vector<std::string>& names, const std::string& split,
                                               RolePlace place);

/// Throws Error(kInput) where these were hardly meant: the first one's is the layout's own, though in another split of
/// the data set's folder there is one by its name, or here one of nearly that name; or another's is not there, and one
/// of nearly its name is. `kind` is "input" or "head".
void CheckRoleFolders(const char* kind, const std::vector<std::string>& names,
                      const std::vector<std::filesystem::path>& folders, const std::filesystem::path& data_folder,
                      const std::string& split, RolePlace place);

}  // namespace fcn
