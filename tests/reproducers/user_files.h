#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "reproducers/training_data.h"

namespace fcn::test {

/// With files of the user's, which a run must leave as they are.
class UserFilesTest : public TrainingDataTest {
 protected:
  std::string Put(const std::string& name, const std::string& text = "the user's") const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    WriteFile(folder_ / name, text);
    return Path(name);
  }
  std::string Get(const std::string& name) const {
    const std::vector<uint8_t> bytes = ReadFile(folder_ / name);
    return {bytes.begin(), bytes.end()};
  }
};

}  // namespace fcn::test
