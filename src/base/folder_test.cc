#include "fcn/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;

class Folders : public test::FolderTest {
 protected:
  Folders() {
    Put("b.txt", "text");
    fs::create_directory(folder_ / "a");
    fs::create_symlink("loop", folder_ / "loop");
    fs::create_symlink("missing", folder_ / "dangling");
    fs::create_symlink("b.txt", folder_ / "link");
    mkfifo((folder_ / "pipe").c_str(), 0600);
  }
};

TEST_F(Folders, QuestionsAboutAnyPathHaveAnAnswer) {
  const std::string long_name(300, 'x');
  for (const fs::path& path : {folder_ / "loop", folder_ / "dangling", folder_ / "missing", folder_ / long_name,
                               folder_ / "b.txt/c", folder_ / "loop/c", fs::path()}) {
    EXPECT_FALSE(Exists(path)) << path;
    EXPECT_FALSE(IsFolder(path)) << path;
    EXPECT_EQ(IdentityOf(path), std::nullopt) << path;
  }
  EXPECT_TRUE(Exists(folder_ / "b.txt"));
  EXPECT_FALSE(IsFolder(folder_ / "b.txt"));
  EXPECT_TRUE(IsFolder(folder_ / "a"));
}

TEST_F(Folders, EntriesComeByNameWithWhatTheyAre) {
  const std::vector<FolderEntry> entries = ReadFolder(folder_ / ".");
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const FolderEntry& entry : entries) names.push_back(entry.path.filename().string());
  ASSERT_THAT(names, testing::ElementsAre("a", "b.txt", "dangling", "link", "loop", "pipe"));
  using enum fs::file_type;
  const fs::file_type types[] = {directory, regular, not_found, regular, not_found, fifo};
  for (size_t i = 0; i < entries.size(); i++) {
    EXPECT_EQ(entries[i].type, types[i]) << names[i];
    EXPECT_EQ(entries[i].is_link, names[i] == "link" || types[i] == not_found) << names[i];
    EXPECT_EQ(entries[i].leads_nowhere(), types[i] == not_found) << names[i];
  }
}

TEST_F(Folders, WhatCannotBeReadOrMadeIsNamed) {
  ExpectError(ErrorCode::kIo, (folder_ / "missing").string(), [&] { ReadFolder(folder_ / "missing"); });
  ExpectError(ErrorCode::kIo, "b.txt", [&] { ReadFolder(folder_ / "b.txt"); });
  for (const char* name : {"b.txt", "b.txt/sub", "loop", "loop/sub", "dangling"})
    ExpectError(ErrorCode::kIo, (folder_ / name).string(), [&] { MakeFolder(folder_ / name); });
  ExpectError(ErrorCode::kIo, "File name too long", [&] { MakeFolder(folder_ / std::string(300, 'x')); });
  ExpectError(ErrorCode::kIo, "cannot make the folder", [&] { MakeFolder(""); });
}

TEST_F(Folders, AreMadeWithThoseAbove) {
  MakeFolder(folder_ / "x/y/z/");
  MakeFolder(folder_ / "x/y/z");
  EXPECT_TRUE(IsFolder(folder_ / "x/y/z"));
}

TEST_F(Folders, AFileHasOneIdentityUnderAllItsNames) {
  const auto identity = IdentityOf(folder_ / "b.txt");
  ASSERT_TRUE(identity);
  fs::create_hard_link(folder_ / "b.txt", folder_ / "hard");
  for (const char* name : {"link", "hard", "a/../b.txt"}) EXPECT_EQ(IdentityOf(folder_ / name), identity) << name;
  EXPECT_NE(IdentityOf(folder_ / "a"), identity);
}

}  // namespace
}  // namespace fcn
