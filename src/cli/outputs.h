#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "fcn/files.h"

namespace fcn::cli {

/// The files that a run is going to write, and whether it may: what it did not write itself is never replaced, but for
/// what was there when it began, with --overwrite. What it reads is not replaced even then, nor a PNG that fcn segment
/// did not write (cli/result_mark.h): it may be a true mask, and the names of results follow from those of pictures.
class Outputs {
 public:
  explicit Outputs(bool overwrite) : overwrite_(overwrite) {}

  /// Says that a file is going to be written. Throws Error(kInput) where the name is too long.
  void Add(const std::filesystem::path& file);
  /// To be called before any work. Throws Error(kUsage) where a file that was added is one of `inputs` under whatever
  /// name, is there and may not be replaced, is a PNG without the mark, a folder, a device, a pipe or a socket, or a
  /// link to another of the files. Then removes what killed runs left of files of these names (RemoveLeftovers).
  void Check(const std::vector<std::filesystem::path>& inputs) const;
  /// How a file that was added is to be written. Thread-safe.
  IfExists ModeOf(const std::filesystem::path& file) const;

 private:
  bool overwrite_;
  std::map<std::filesystem::path, FileIdentity> existing_;
  std::map<std::filesystem::path, std::set<std::string>> names_;  // by folder
};

/// The help of --overwrite.
inline constexpr const char* kOverwriteHelp =
    "Replace files that are there already (never those that are read, nor a .png that fcn segment did not write)";

}  // namespace fcn::cli
