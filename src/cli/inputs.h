#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace fcn::cli {

/// A picture to work on, and the stem of the names of what is made of it.
struct InputPicture {
  std::filesystem::path path;
  std::string stem;
};

/// Files as they are given, folders as the pictures in them (not below them), by name. Throws Error(kIo) for a path
/// that does not exist, Error(kInput) for a folder without pictures, Error(kUsage) where two pictures would have
/// results of the same name.
std::vector<InputPicture> ListPictures(const std::vector<std::string>& paths);

}  // namespace fcn::cli
