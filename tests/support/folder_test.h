#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temporary_folder.h"

namespace fcn::test {

/// A test with a folder of its own, empty at first and removed after.
class FolderTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  /// Writes a file, in folders that are made; gives its path.
  std::string Put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return Path(name);
  }
  std::string Get(const std::string& name) const { return FileText(folder_ / name); }

  /// What is in a folder of it, so that half-written files show.
  std::vector<std::string> Files(const std::string& folder = ".") const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  TemporaryFolder temporary_;

 protected:
  std::filesystem::path folder_ = temporary_.path();
};

}  // namespace fcn::test
