#pragma once

// What the tests of this folder share.

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"

namespace fcn {

inline std::string FileText(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return {bytes.begin(), bytes.end()};
}

using test::FileSizeLimit;
using test::TemporaryFolder;

}  // namespace fcn
