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
    return TrainingDataTest::Put(name, text);
  }
};

}  // namespace fcn::test
