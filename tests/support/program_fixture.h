#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fcn/files.h"
#include "fcn/image.h"
#include "fcn/png.h"
#include "models/initialise.h"
#include "models/model.h"
#include "models/zoo.h"
#include "segment/golden.h"
#include "support/dashes.h"
#include "support/fit_for_terminal.h"
#include "support/folder_test.h"
#include "support/run_program.h"
#include "tensor/random.h"

namespace fcn::test {

/// A temporary folder with a small model and a picture, and the program under test.
class ProgramTest : public FolderTest {
 protected:
  /// An FCN-32s with random weights and three classes, with a golden vector.
  std::string ModelFile() const {
    const ZooEntry& entry = FindModel("fcn32s-efficientnet-lite0");
    ModelContents model = MakeModel(entry, RandomWeights(entry.build(3), 1), {"background", "cat", "dog"});
    model.golden.push_back(MakeGolden(model, Context(1)));
    SaveModel(Path("model.safetensors"), model);
    return Path("model.safetensors");
  }

  std::string PictureFile(const std::string& name, int width, int height) const {
    WriteRgbPng(Path(name), Dashes(width, height, 5));
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
};

}  // namespace fcn::test
