#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace fcn {

/// Where a file is that a file of Caffe's names: as the name says, from that file's folder or else from where the
/// program runs; or beside it, since Caffe's own examples name their files from Caffe's folder. Nothing where it is in
/// none of them.
std::optional<std::filesystem::path> NamedCaffeFile(const std::filesystem::path& by, const std::string& name);

}  // namespace fcn
