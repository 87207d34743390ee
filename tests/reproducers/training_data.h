#pragma once

// Small sets to train on, and the smallest training.

#include <functional>

#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn::test {

class TrainingDataTest : public ProgramTest {
 protected:
  using Value = std::function<int(int x, int y)>;

  /// A picture of noise and labels value(x, y) in a folder laid out as "pairs".
  void Pair(const std::string& name, int width, int height, const Value& value) const {
    std::filesystem::create_directories(folder_ / "data/images");
    std::filesystem::create_directories(folder_ / "data/masks");
    PictureFile("data/images/" + name + ".png", width, height);
    std::vector<uint8_t> labels;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) labels.push_back(static_cast<uint8_t>(value(x, y)));
    WriteIndexedPng(Path("data/masks/" + name + ".png"), labels.data(), width, height, VocPalette());
  }
  void Pairs(int count, const Value& value) const {
    for (int i = 0; i < count; i++) Pair(std::string("p").append(std::to_string(i)), 40, 36, value);
  }

  std::vector<std::string> Train(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {
        "train",       "--data", Path("data"), "-o", Path("run"), "--model", "fcn32s-efficientnet-lite0",
        "--crop-size", "32x32",  "-b",         "2"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
};

inline int Halves(int x, int) { return x < 20 ? 0 : 1; }

}  // namespace fcn::test
