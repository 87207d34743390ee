#include "fcn/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>
#include <utility>

#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using ::testing::IsEmpty;

class Files : public test::FolderTest {};

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
    ExpectError(ErrorCode::kIo, cause, [&] { ReadEnds(path, 1); });
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

TEST_F(Files, EndsAreReadOfLargeFilesAndAllOfSmallOnes) {
  const auto ends = [&](const std::string& text) {
    Put("a", text);
    const FileEnds read = ReadEnds(folder_ / "a", 3);
    EXPECT_EQ(read.size, static_cast<int64_t>(text.size()));
    return Text(read.bytes);
  };
  EXPECT_EQ(ends("123xx789"), "123789");
  for (const char* all : {"", "12", "123", "1234", "123456"}) EXPECT_EQ(ends(all), all);
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

}  // namespace
}  // namespace fcn
