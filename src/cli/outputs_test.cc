#include "cli/outputs.h"

#include <gtest/gtest.h>

#include "cli/result_mark.h"
#include "fcn/png.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace fcn::cli {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;

class OutputsTest : public testing::Test {
 protected:
  Outputs Plan(bool overwrite, std::initializer_list<const char*> names) const {
    Outputs outputs(overwrite);
    for (const char* name : names) outputs.Add(folder_ / name);
    return outputs;
  }
  void Put(const char* name) const { WriteFile(folder_ / name, std::string("the user's")); }

  test::TemporaryFolder folder_;
};

TEST_F(OutputsTest, NewFilesAreFine) {
  const Outputs outputs = Plan(false, {"a", "b", "missing/c"});
  outputs.Check({folder_ / "input"});
  EXPECT_EQ(outputs.ModeOf(folder_ / "a"), IfExists::kRefuse);
}

TEST_F(OutputsTest, FilesThatAreThereAreCountedAndNamed) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Put(name);
  ExpectError(ErrorCode::kUsage, (folder_ / "a").string() + " is there already", [&] {
    Plan(false, {"a", "x"}).Check({});
  });
  const auto several = [&] { Plan(false, {"e", "d", "c", "x", "b", "a"}).Check({}); };
  ExpectError(ErrorCode::kUsage, "5 files are there already: " + (folder_ / "a").string(), several);
  ExpectError(ErrorCode::kUsage, (folder_ / "c").string() + " and 2 more", several);
  ExpectError(ErrorCode::kUsage, "--overwrite", several);
  const Outputs outputs = Plan(true, {"a", "x"});
  outputs.Check({});
  EXPECT_EQ(outputs.ModeOf(folder_ / "a"), IfExists::kReplace);
  EXPECT_EQ(outputs.ModeOf(folder_ / "x"), IfExists::kRefuse);
}

TEST_F(OutputsTest, WhatAppearedOrChangedMeanwhileIsNotReplaced) {
  Put("a");
  const Outputs outputs = Plan(true, {"a", "b"});
  outputs.Check({});
  Put("b");
  EXPECT_EQ(outputs.ModeOf(folder_ / "b"), IfExists::kRefuse);
  Put("a");  // another file of the same name
  EXPECT_EQ(outputs.ModeOf(folder_ / "a"), IfExists::kRefuse);
}

TEST_F(OutputsTest, OfPngsOnlyResultsAreReplaced) {
  const std::vector<uint8_t> png = EncodeGrey16Png(std::vector<uint16_t>{7, 300}.data(), 2, 1);
  const std::vector<uint8_t> result = WithResultMark(png);
  EXPECT_EQ(DecodeGrey16Png(result, "result").values, (std::vector<uint16_t>{7, 300}));
  EXPECT_NE(result, png);
  WriteFile(folder_ / "result.png", result);
  Plan(true, {"result.png"}).Check({});
  WriteFile(folder_ / "foreign.png", png);
  WriteFile(folder_ / "cut.png", std::vector(result.begin(), result.begin() + 40));
  WriteFile(folder_ / "empty.png", std::string());
  for (const char* name : {"foreign.png", "cut.png", "empty.png"})
    ExpectError(ErrorCode::kUsage, (folder_ / name).string() + " is there already, and is no result of fcn segment",
                [&] {
                  Plan(true, {"result.png", name}).Check({});
                });
}

TEST_F(OutputsTest, AnInputIsNotReplacedUnderAnyName) {
  Put("input");
  fs::create_hard_link(folder_ / "input", folder_ / "hard");
  fs::create_symlink("input", folder_ / "soft");
  fs::create_directory(folder_ / "sub");
  fs::create_directory_symlink(".", folder_ / "here");
  for (const char* name : {"input", "hard", "soft", "sub/../input", "here/input"})
    ExpectError(ErrorCode::kUsage, "is an input of this run", [&] { Plan(true, {name}).Check({folder_ / "input"}); });
  Plan(true, {"hard"}).Check({folder_ / "other"});
}

TEST_F(OutputsTest, OnlyFilesAreReplaced) {
  fs::create_directory(folder_ / "sub");
  fs::create_directory_symlink("sub", folder_ / "link");
  fs::create_symlink("/dev/null", folder_ / "device");
  fs::create_symlink("nowhere", folder_ / "dangling");
  for (const auto& [name, what] : {std::pair{"sub", "is a folder"}, {"link", "is a folder"}, {"device", "is a device"}})
    ExpectError(ErrorCode::kUsage, what, [&] { Plan(true, {name}).Check({}); });
  ExpectError(ErrorCode::kUsage, "is there already", [&] { Plan(false, {"dangling"}).Check({}); });
  Plan(true, {"dangling"}).Check({});
}

TEST_F(OutputsTest, ResultsDoNotMeetBehindLinks) {
  Put("far");
  Put("a");
  for (const char* name : {"b", "c"}) fs::create_symlink("far", folder_ / name);
  fs::create_symlink("a", folder_ / "d");
  Plan(true, {"a", "b"}).Check({});
  ExpectError(ErrorCode::kUsage, "is a link to another file", [&] { Plan(true, {"a", "b", "c"}).Check({}); });
  ExpectError(ErrorCode::kUsage, "is a link to another file", [&] { Plan(true, {"a", "d"}).Check({}); });
}

TEST_F(OutputsTest, WhatKilledRunsLeftGoesWhenARunMayBegin) {
  Put("a");
  for (const char* name : {"a.77.part", "b.77.1.part", "c.77.part"}) Put(name);
  ExpectError(ErrorCode::kUsage, "is there already", [&] { Plan(false, {"a", "b"}).Check({}); });
  EXPECT_TRUE(fs::exists(folder_ / "a.77.part"));
  Plan(true, {"a", "b"}).Check({});
  EXPECT_FALSE(fs::exists(folder_ / "a.77.part"));
  EXPECT_FALSE(fs::exists(folder_ / "b.77.1.part"));
  EXPECT_TRUE(fs::exists(folder_ / "c.77.part"));
}

TEST_F(OutputsTest, LongNamesAreRefused) {
  Plan(false, {std::string(255, 'x').c_str()}).Check({});
  ExpectError(ErrorCode::kInput, "the name is too long", [&] { Plan(false, {std::string(256, 'x').c_str()}); });
}

}  // namespace
}  // namespace fcn::cli
