#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <utility>

#include "support/expect_error.h"
#include "support/file_size_limit.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using test::FileSizeLimit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A folder of its own for each test, empty at first and removed after.
class Files : public ::testing::Test {
 protected:
  Files() {
    std::string name = (fs::temp_directory_path() / "fcn-file-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
  }
  ~Files() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void Put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string Get(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    return names;
  }

  fs::path folder_;
};

std::string Text(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

TEST_F(Files, EmptyFilesAreEmpty) {
  Put("empty", "");
  EXPECT_THAT(ReadFile(folder_ / "empty"), IsEmpty());
}

TEST_F(Files, WhatCannotBeReadIsNamed) {
  const fs::path missing = folder_ / "missing", pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const auto refused = [](const fs::path& path, const std::string& cause) {
    ExpectError(ErrorCode::kIo, path.string(), [&] { ReadFile(path); });
    ExpectError(ErrorCode::kIo, cause, [&] { ReadFile(path); });
  };
  refused(missing, "Check the path");
  refused(folder_, "Is a directory");
  refused("/dev/null", "not a regular file");
  refused(pipe, "not a regular file");  // and nobody waits for a writer
  refused("", "No such file");
}

TEST_F(Files, ReadFileKeepsItsLimit) {
  Put("a", "12345");
  EXPECT_EQ(Text(ReadFile(folder_ / "a", 5)), "12345");
  ExpectError(ErrorCode::kInput, "has 5 bytes; at most 4", [&] { ReadFile(folder_ / "a", 4); });
}

TEST_F(Files, AtomicFileAppearsWhole) {
  {
    AtomicFile file(folder_ / "out");
    file.Write("one ");
    file.Write(std::vector<uint8_t>{'t', 'w', 'o'});
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    file.Commit();
    EXPECT_EQ(Get("out"), "one two");
  }
  EXPECT_EQ(Get("out"), "one two");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(Files, AtomicFileReplaces) {
  Put("out", "a longer text that was here before");
  WriteFile(folder_ / "out", "new");
  EXPECT_EQ(Get("out"), "new");
  WriteFile(folder_ / "out", std::vector<uint8_t>{});
  EXPECT_EQ(Get("out"), "");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(Files, AtomicFileWithoutCommitLeavesNothing) {
  Put("out", "old");
  {
    AtomicFile file(folder_ / "out");
    file.Write("half of something");
    EXPECT_EQ(Get("out"), "old");
  }
  EXPECT_EQ(Get("out"), "old");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(Files, AtomicFileIntoAMissingFolder) {
  ExpectError(ErrorCode::kIo, "No such file or directory", [&] { AtomicFile file(folder_ / "no" / "out"); });
  ExpectError(ErrorCode::kIo, (folder_ / "no" / "out").string() + ":", [&] { WriteFile(folder_ / "no" / "out", "x"); });
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(Files, AtomicFileOverAFolder) {
  fs::create_directory(folder_ / "out");
  ExpectError(ErrorCode::kIo, "Is a directory", [&] { WriteFile(folder_ / "out", "x"); });
  EXPECT_TRUE(fs::is_directory(folder_ / "out"));
  EXPECT_THAT(Names(), ElementsAre("out"));
}

TEST_F(Files, ARefusedReplacementKeepsTheOldFile) {
  WriteFile(folder_ / "out", "old", IfExists::kRefuse);
  ExpectError(ErrorCode::kUsage, (folder_ / "out").string(),
              [&] { WriteFile(folder_ / "out", "new", IfExists::kRefuse); });
  EXPECT_EQ(Get("out"), "old");
  // What appears while it is written counts as well, and a link that leads nowhere.
  AtomicFile file(folder_ / "other", IfExists::kRefuse);
  file.Write("new");
  fs::create_symlink("nowhere", folder_ / "other");
  ExpectError(ErrorCode::kUsage, "something of that name is there", [&] { file.Commit(); });
  EXPECT_TRUE(fs::is_symlink(folder_ / "other"));
  fs::remove(folder_ / "other");
  file.Commit();
  EXPECT_EQ(Get("other"), "new");
  EXPECT_THAT(Names(), testing::UnorderedElementsAre("out", "other"));
}

TEST_F(Files, TheTemporaryFileIsNobodyElses) {
  const std::string name = "out." + std::to_string(getpid()) + ".part";
  Put("precious", "precious");
  fs::create_symlink("precious", folder_ / name);
  WriteFile(folder_ / "out", "new");
  EXPECT_EQ(Get("out"), "new");
  EXPECT_EQ(Get("precious"), "precious");
  EXPECT_THAT(Names(), testing::UnorderedElementsAre("out", "precious", name));
}

TEST_F(Files, ANameMayBeAsLongAsTheFileSystemAllows) {
  const std::string longest(255, 'x');
  WriteFile(folder_ / longest, "text");
  EXPECT_THAT(Names(), ElementsAre(longest));
  ExpectError(ErrorCode::kInput, "Use a shorter name", [&] { WriteFile(folder_ / (longest + "x"), "text"); });
  EXPECT_THAT(Names(), ElementsAre(longest));
}

TEST_F(Files, PipesAreReadToTheirEndWhereTheyAreMeant) {
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const std::string text(200000, 'x');
  const auto ignore = [](std::span<const uint8_t>) {};
  const auto read = [&](size_t limit) {
    const std::jthread writer([&] { std::ofstream(folder_ / "pipe", std::ios::binary) << text; });
    return ReadPipe(folder_ / "pipe", limit, 1, ignore);
  };
  EXPECT_EQ(Text(read(text.size())), text);
  signal(SIGPIPE, SIG_IGN);
  ExpectError(ErrorCode::kInput, "has more than 100000 bytes", [&] { read(100000); });
  ExpectError(ErrorCode::kIo, "No such file", [&] { ReadPipe(folder_ / "missing", 1, 1, ignore); });
}

TEST_F(Files, AFailedWriteKeepsTheOldFile) {
  Put("out", "old");
  {
    const FileSizeLimit limit(1000);
    ExpectError(ErrorCode::kIo, "File too large", [&] { WriteFile(folder_ / "out", std::string(5000, 'x')); });
    EXPECT_THAT(Names(), ElementsAre("out"));
    AtomicFile file(folder_ / "out");
    file.Write(std::string(900, 'y'));
    ExpectError(ErrorCode::kIo, (folder_ / "out").string(), [&] { file.Write(std::string(900, 'y')); });
  }
  EXPECT_EQ(Get("out"), "old");
  EXPECT_THAT(Names(), ElementsAre("out"));
}

}  // namespace
}  // namespace fcn
