#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/file.h"
#include "fcn/image.h"
#include "image/png.h"
#include "models/initialise.h"
#include "models/model.h"
#include "models/zoo.h"
#include "segment/golden.h"
#include "support/fit_for_terminal.h"
#include "support/run_program.h"
#include "tensor/random.h"

namespace fcn::test {

/// A temporary folder with a small model and a picture, and the program under test.
class ProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() / ("fcn-" + std::to_string(getpid()) + "-" + name);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  /// An FCN-32s with random weights and three classes, with a golden vector.
  std::string ModelFile() const {
    const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
    Model model = MakeModel(entry, RandomWeights(entry.build(3), 1), {"background", "cat", "dog"});
    model.golden.push_back(MakeGolden(model, Context(1)));
    SaveModel(Path("model.safetensors"), model);
    return Path("model.safetensors");
  }

  std::string PictureFile(const std::string& name, int width, int height) const {
    Image image{width, height, {}};
    for (int64_t i = 0; i < int64_t{3} * width * height; i++)
      image.rgb.push_back(static_cast<uint8_t>(RandomBits(5, static_cast<uint64_t>(i) / 40)));
    WriteRgbPng(Path(name), image);
    return Path(name);
  }

  static ProgramResult Fcn(std::vector<std::string> arguments, const std::function<void(int)>& while_running = {}) {
    arguments.insert(arguments.begin(), FCN_PROGRAM);
    ProgramResult result = RunProgram(arguments, while_running);
    ExpectReadable(result);
    return result;
  }

  /// Fcn with ProgramResult::peak_bytes.
  static ProgramResult MeasuredFcn(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), FCN_PROGRAM);
    ProgramResult result = RunMeasured(std::move(arguments));
    ExpectReadable(result);
    return result;
  }

  /// What is in the folder, so that half-written files show.
  std::vector<std::string> Files(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / folder))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  std::filesystem::path folder_;
};

}  // namespace fcn::test
