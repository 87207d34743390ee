#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "fcn/dataset.h"
#include "fcn/drawing.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "support/dashes.h"
#include "support/folder_test.h"
#include "tensor/random.h"

/// Small data sets that tests make, and the real ones where they are found.
namespace fcn::test {

/// A test that makes a small data set.
class DataTest : public FolderTest {
 protected:
  /// In folders that are made.
  std::string Path(const std::string& name) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    return FolderTest::Path(name);
  }

  /// A picture of noise that differs from one seed to the next.
  void Picture(const std::string& name, int width, int height, uint64_t seed = 0) const {
    WriteRgbPng(Path(name), Dashes(width, height, seed, 1));
  }

  /// Labels value(x, y) as an indexed PNG.
  void Labels(const std::string& name, int width, int height, const std::function<int(int, int)>& value) const {
    std::vector<uint8_t> labels;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) labels.push_back(static_cast<uint8_t>(value(x, y)));
    WriteIndexedPng(Path(name), labels.data(), width, height, VocPalette());
  }

  /// A pair of a folder laid out as "pairs"; labels are 0 to classes − 1.
  void Pair(const std::string& name, int width, int height, int classes = 3) const {
    const uint64_t seed = SeedFromName(name.c_str());
    Picture("images/" + name + ".png", width, height, seed);
    Labels("masks/" + name + ".png", width, height, [&](int x, int y) {
      return static_cast<int>(RandomBits(seed, static_cast<uint64_t>(y / 4 * 1000 + x / 4)) %
                              static_cast<uint64_t>(classes));
    });
  }

  DatasetOptions Pairs(std::vector<std::string> classes = {"3"}) const {
    DatasetOptions options;
    options.kind = "pairs";
    options.folder = folder_.string();
    options.classes = std::move(classes);
    return options;
  }
};

/// A folder of real data below FCN_DATA, or a skipped test that says so.
class RealDataTest : public testing::Test {
 protected:
  std::string Folder(const std::string& name) const {
    const char* parent = std::getenv("FCN_DATA");
    const std::filesystem::path folder = std::filesystem::path(parent ? parent : FCN_DEFAULT_DATA) / name;
    return std::filesystem::is_directory(folder) ? folder.string() : std::string();
  }
};

}  // namespace fcn::test

#define FCN_REAL_DATA(variable, name)        \
  const std::string variable = Folder(name); \
  if ((variable).empty()) GTEST_SKIP() << "the data set " name " is not here: FCN_DATA names the folder that holds it"
