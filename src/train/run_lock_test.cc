#include "train/run_lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "support/expect_error.h"
#include "train/test_files.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;

TEST(RunLock, LeavesNothingBehind) {
  const TemporaryFolder folder;
  {
    const RunLock lock(folder / "a/b");
    EXPECT_TRUE(lock.is_held());
    EXPECT_EQ(lock.warning(), "");
    EXPECT_NE(FileText(folder / "a/b/lock").find("\"process\":" + std::to_string(getpid())), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder / "a"));
  {
    const RunLock lock(folder / "a/b");
    WriteFile(folder / "a/b/result", std::string("kept"));
  }
  EXPECT_TRUE(fs::exists(folder / "a/b/result"));
  EXPECT_FALSE(fs::exists(folder / "a/b/lock"));
}

TEST(RunLock, KnowsWhetherItIsStillTheFoldersLock) {
  const TemporaryFolder folder;
  const RunLock first(folder / "run");
  EXPECT_NO_THROW(first.Check());
  fs::remove(folder / "run/lock");
  ExpectError(ErrorCode::kIo, "was removed or replaced", [&] { first.Check(); });
  auto second = std::make_unique<RunLock>(folder / "run");
  EXPECT_NO_THROW(second->Check());
  ExpectError(ErrorCode::kIo, "was removed or replaced", [&] { first.Check(); });
}

TEST(RunLock, OneOfManyHoldsIt) {
  const TemporaryFolder folder;
  std::atomic<int> holders = 0, most = 0, taken = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int t = 0; t < 8; t++)
      threads.emplace_back([&] {
        for (int i = 0; i < 50; i++) try {
            const RunLock lock(folder / "run");
            const int now = ++holders;
            int before = most;
            while (before < now && !most.compare_exchange_weak(before, now)) {
            }
            taken++;
            std::this_thread::yield();
            holders--;
          } catch (const Error&) {
          }
      });
  }
  EXPECT_EQ(most, 1);
  EXPECT_GT(taken, 0);
}

TEST(RunLock, WhatAKillLeftIsTakenOver) {
  const TemporaryFolder folder;
  const auto leave = [&](const std::string& text) {
    fs::create_directories(folder / "run");
    WriteFile(folder / "run/lock", text);
  };
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  leave(std::string(R"({"fcn":"train","process":1,"host":")") + host + R"(","since":"then"})");
  EXPECT_EQ(RunLock(folder / "run").warning(), "");
  leave(R"({"fcn":"train","process":1,"host":"elsewhere","since":"then"})");
  EXPECT_NE(RunLock(folder / "run").warning().find("process 1 on \"elsewhere\""), std::string::npos);
  leave("");
  EXPECT_EQ(RunLock(folder / "run").warning(), "");
  for (const char* foreign : {"mine", "[]", "{}", R"({"fcn":"train"})", R"({"fcn":"train","process":"x"})"}) {
    leave(foreign);
    ExpectError(ErrorCode::kUsage, "was not written by fcn", [&] { RunLock(folder / "run"); });
    EXPECT_EQ(FileText(folder / "run/lock"), foreign);
  }
}

TEST(RunLock, AFolderThatCannotBeIsNamed) {
  const TemporaryFolder folder;
  WriteFile(folder / "file", std::string("x"));
  ExpectError(ErrorCode::kIo, "cannot make the folder", [&] { RunLock(folder / "file/run"); });
  ExpectError(ErrorCode::kIo, "cannot make the folder", [&] { RunLock(folder / "file"); });
  // What went wrong first is said, not what that led to.
  fs::create_symlink("nowhere", folder / "dangling");
  ExpectError(ErrorCode::kIo, "a file has that name", [&] { RunLock(folder / "dangling/run"); });
  // What was made on the way goes again.
  ExpectError(ErrorCode::kIo, "File name too long", [&] { RunLock(folder / "a" / std::string(256, 'x')); });
  EXPECT_FALSE(fs::exists(folder / "a"));
}

}  // namespace
}  // namespace fcn
