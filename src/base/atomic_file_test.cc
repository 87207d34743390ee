// AtomicFile, without a name until it is whole and with a temporary one. A test that ends a process forks one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/temporary.h"
#include "fcn/files.h"
#include "support/expect_error.h"
#include "support/file_size_limit.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using test::FileSizeLimit;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Temporary = AtomicFile::Temporary;

class AtomicFiles : public test::FolderTest, public testing::WithParamInterface<Temporary> {
 protected:
  void Write(const std::string& name, const std::string& text, IfExists if_exists = IfExists::kReplace) const {
    AtomicFile file(folder_ / name, if_exists, GetParam());
    file.Write(text);
    file.Commit();
  }
  bool is_named() const { return GetParam() == Temporary::kNamed; }

  mode_t ModeOf(const std::string& name) const {
    struct stat status {};
    EXPECT_EQ(stat((folder_ / name).c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  /// A process that writes half of a file, and then lives until it is killed.
  class HalfWay {
   public:
    HalfWay(const fs::path& path, Temporary temporary) {
      int ends[2];
      EXPECT_EQ(pipe(ends), 0);
      pid_ = fork();
      if (pid_ == 0) {
        AtomicFile file(path, IfExists::kReplace, temporary);
        file.Write("half");
        [[maybe_unused]] const ssize_t wrote = write(ends[1], "x", 1);
        for (;;) pause();
      }
      char byte = 0;
      EXPECT_EQ(read(ends[0], &byte, 1), 1);
      close(ends[0]), close(ends[1]);
    }
    ~HalfWay() { End(SIGKILL); }
    HalfWay(const HalfWay&) = delete;
    HalfWay& operator=(const HalfWay&) = delete;
    void End(int signal) {
      if (pid_ > 0) kill(pid_, signal), waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }

   private:
    pid_t pid_ = 0;
  };
};

INSTANTIATE_TEST_SUITE_P(Ways, AtomicFiles, testing::Values(Temporary::kUnnamedIfPossible, Temporary::kNamed),
                         [](const auto& way) { return way.param == Temporary::kNamed ? "Named" : "Unnamed"; });

TEST_P(AtomicFiles, AppearWhole) {
  {
    AtomicFile file(folder_ / "out", IfExists::kReplace, GetParam());
    file.Write("one ");
    file.Write(std::vector<uint8_t>{'t', 'w', 'o'});
    EXPECT_THAT(Files(), SizeIs(is_named() ? 1 : 0)) << "the test's file system has no unnamed files";
    EXPECT_FALSE(fs::exists(folder_ / "out"));
    file.Commit();
    EXPECT_EQ(Get("out"), "one two");
  }
  EXPECT_EQ(Get("out"), "one two");
  EXPECT_THAT(Files(), ElementsAre("out"));
}

TEST_P(AtomicFiles, Replace) {
  Put("out", "a longer text that was here before");
  Write("out", "new");
  EXPECT_EQ(Get("out"), "new");
  Write("out", "");
  EXPECT_EQ(Get("out"), "");
  EXPECT_THAT(Files(), ElementsAre("out"));
}

TEST_P(AtomicFiles, WithoutCommitLeaveNothing) {
  Put("out", "old");
  {
    AtomicFile file(folder_ / "out", IfExists::kReplace, GetParam());
    file.Write("half of something");
    EXPECT_EQ(Get("out"), "old");
  }
  EXPECT_EQ(Get("out"), "old");
  EXPECT_THAT(Files(), ElementsAre("out"));
}

TEST_P(AtomicFiles, IntoAMissingFolderNameIt) {
  ExpectError(ErrorCode::kIo, "No such file or directory",
              [&] { AtomicFile file(folder_ / "no" / "out", IfExists::kReplace, GetParam()); });
  ExpectError(ErrorCode::kIo, (folder_ / "no/out").string() + ":", [&] { Write("no/out", "x"); });
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_P(AtomicFiles, IntoTheWorkingFolderNeedNoPath) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  {
    AtomicFile file("out", IfExists::kReplace, GetParam());
    file.Write("text");
    file.Commit();
  }
  fs::current_path(before);
  EXPECT_EQ(Get("out"), "text");
}

TEST_P(AtomicFiles, ARefusedReplacementKeepsTheOldFile) {
  Write("out", "old", IfExists::kRefuse);
  ExpectError(ErrorCode::kUsage, (folder_ / "out").string(), [&] { Write("out", "new", IfExists::kRefuse); });
  EXPECT_EQ(Get("out"), "old");
  // What appears while it is written counts as well, and a link that leads nowhere.
  AtomicFile file(folder_ / "other", IfExists::kRefuse, GetParam());
  file.Write("new");
  fs::create_symlink("nowhere", folder_ / "other");
  ExpectError(ErrorCode::kUsage, "something of that name is there", [&] { file.Commit(); });
  EXPECT_TRUE(fs::is_symlink(folder_ / "other"));
  fs::remove(folder_ / "other");
  file.Commit();
  EXPECT_EQ(Get("other"), "new");
  EXPECT_THAT(Files(), ElementsAre("other", "out"));
}

TEST_P(AtomicFiles, TheTemporaryFileIsNobodyElses) {
  const std::string name = TemporaryName("out", 0).string();
  Put("precious", "precious");
  Put("out", "old");
  fs::create_symlink("precious", folder_ / name);
  Write("out", "new");
  EXPECT_EQ(Get("out"), "new");
  EXPECT_EQ(Get("precious"), "precious");
  EXPECT_THAT(Files(), UnorderedElementsAre("out", "precious", name));
}

TEST_P(AtomicFiles, ANameMayBeAsLongAsTheFileSystemAllows) {
  const std::string longest(255, 'x');
  Write(longest, "text");
  Write(longest, "again");
  EXPECT_THAT(Files(), ElementsAre(longest));
  ExpectError(ErrorCode::kInput, "Use a shorter name",
              [&] { AtomicFile file(folder_ / (longest + "x"), IfExists::kReplace, GetParam()); });
  EXPECT_THAT(Files(), ElementsAre(longest));
}

TEST_P(AtomicFiles, AFailedWriteKeepsTheOldFile) {
  Put("out", "old");
  {
    const FileSizeLimit limit(1000);
    ExpectError(ErrorCode::kIo, "File too large", [&] { Write("out", std::string(5000, 'x')); });
    ExpectError(ErrorCode::kIo, "ulimit -f", [&] { Write("out", std::string(5000, 'x')); });
    EXPECT_THAT(Files(), ElementsAre("out"));
    AtomicFile file(folder_ / "out", IfExists::kReplace, GetParam());
    file.Write(std::string(900, 'y'));
    ExpectError(ErrorCode::kIo, (folder_ / "out").string(), [&] { file.Write(std::string(900, 'y')); });
  }
  EXPECT_EQ(Get("out"), "old");
  EXPECT_THAT(Files(), ElementsAre("out"));
}

TEST_P(AtomicFiles, PermissionsStay) {
  const mode_t before = umask(027);
  Write("out", "new");
  EXPECT_EQ(ModeOf("out"), 0640u) << "a new file has what the process gives new files";
  for (const mode_t mode : {0600u, 0644u, 0666u, 0755u, 0400u}) {
    ASSERT_EQ(chmod((folder_ / "out").c_str(), mode), 0);
    Write("out", "newer");
    EXPECT_EQ(ModeOf("out"), mode);
  }
  // Nothing new runs as somebody else.
  ASSERT_EQ(chmod((folder_ / "out").c_str(), 04755), 0);
  Write("out", "newest");
  EXPECT_EQ(ModeOf("out"), 0755u);
  umask(before);
}

TEST_P(AtomicFiles, WhatIsBeingWrittenIsNotReadByMore) {
  Put("out", "secret");
  ASSERT_EQ(chmod((folder_ / "out").c_str(), 0600), 0);
  AtomicFile file(folder_ / "out", IfExists::kReplace, GetParam());
  for (const std::string& name : Files()) EXPECT_EQ(ModeOf(name), 0600u) << name;
}

TEST_P(AtomicFiles, OwnerAndGroupStayWhereWeMay) {
  Put("out", "old");
  if (chown((folder_ / "out").c_str(), 1234, 2345) != 0) {  // an ordinary user's test: the group is that of the folder
    Write("out", "new");
    return;
  }
  ASSERT_EQ(chmod((folder_ / "out").c_str(), 0640), 0);
  Write("out", "new");
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234u);
  EXPECT_EQ(status.st_gid, 2345u);
  EXPECT_EQ(ModeOf("out"), 0640u);
}

TEST_P(AtomicFiles, ALinkStaysAndLeadsToTheNewFile) {
  fs::create_directory(folder_ / "far");
  Put("far/file", "old");
  fs::create_symlink("far/file", folder_ / "near");
  fs::create_symlink("near", folder_ / "out");
  fs::create_symlink(folder_ / "far/new", folder_ / "dangling");
  Write("out", "new");
  Write("dangling", "made");
  EXPECT_TRUE(fs::is_symlink(folder_ / "out"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "near"));
  EXPECT_FALSE(fs::is_symlink(folder_ / "far/file"));
  EXPECT_EQ(Get("far/file"), "new");
  EXPECT_EQ(Get("far/new"), "made");
  EXPECT_THAT(Files(), ElementsAre("dangling", "far", "near", "out"));
  fs::create_symlink("loop", folder_ / "loop");
  ExpectError(ErrorCode::kIo, "Check the path", [&] { Write("loop", "x"); });
}

TEST_P(AtomicFiles, WhatIsNoFileIsNotReplaced) {
  fs::create_directory(folder_ / "folder");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  (folder_ / "socket").string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  fs::create_symlink("/dev/null", folder_ / "null");
  const auto refused = [&](const fs::path& path, ErrorCode code, const std::string& says) {
    ExpectError(code, says, [&] { AtomicFile file(path, IfExists::kReplace, GetParam()); });
  };
  refused(folder_ / "folder", ErrorCode::kIo, "Is a directory");
  refused(folder_ / "pipe", ErrorCode::kUsage, "it is a pipe");
  refused(folder_ / "socket", ErrorCode::kUsage, "it is a socket");
  refused(folder_ / "null", ErrorCode::kUsage, "it is a device");
  refused("/dev/null", ErrorCode::kUsage, "it is a device");
  EXPECT_THAT(Files(), ElementsAre("folder", "null", "pipe", "socket"));
  // Nor is what appears in the file's place while it is written.
  AtomicFile file(folder_ / "out", IfExists::kReplace, GetParam());
  ASSERT_EQ(mkfifo((folder_ / "out").c_str(), 0600), 0);
  ExpectError(ErrorCode::kUsage, "it is a pipe", [&] { file.Commit(); });
  EXPECT_TRUE(fs::is_fifo(folder_ / "out"));
  close(listener);
}

TEST_P(AtomicFiles, WhatWasRemovedWhileOpenIsNotMadeAgain) {
  Put("out", "old");
  const int opened = open((folder_ / "out").c_str(), O_WRONLY);
  fs::remove(folder_ / "out");
  ExpectError(ErrorCode::kIo, "Check the path",
              [&] { AtomicFile file("/proc/self/fd/" + std::to_string(opened), IfExists::kReplace, GetParam()); });
  close(opened);
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_P(AtomicFiles, OfKilledWritersNothingIsLeft) {
  for (const int signal : {SIGKILL, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
    HalfWay writer(folder_ / "out", GetParam());
    writer.End(signal);
    EXPECT_THAT(Files(), SizeIs(is_named() ? 1 : 0)) << signal;
    RemoveLeftovers(folder_, [](const std::string& name, bool) { return name == "out"; });
    EXPECT_THAT(Files(), IsEmpty());
  }
}

TEST_P(AtomicFiles, OfKilledWritersOfLongNamesNothingIsLeft) {
  const std::string longest(255, 'x');
  HalfWay writer(folder_ / longest, GetParam());
  writer.End(SIGKILL);
  EXPECT_THAT(Files(), SizeIs(is_named() ? 1 : 0));
  RemoveLeftovers(folder_, [&](const std::string& name, bool is_cut) { return !is_cut && longest.starts_with(name); });
  EXPECT_THAT(Files(), SizeIs(is_named() ? 1 : 0));
  RemoveLeftovers(folder_, [&](const std::string& name, bool is_cut) { return is_cut && longest.starts_with(name); });
  EXPECT_THAT(Files(), IsEmpty());
}

class Leftovers : public AtomicFiles {
 protected:
  void Clean() const {
    RemoveLeftovers(folder_, [](const std::string& name, bool) { return name == "out" || name == "out.1"; });
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, Leftovers, testing::Values(Temporary::kNamed), [](const auto&) { return "Named"; });

TEST_P(Leftovers, OfThoseWhoLiveStay) {
  HalfWay living(folder_ / "out", GetParam());
  AtomicFile own(folder_ / "out", IfExists::kReplace, GetParam());
  own.Write("whole");
  ASSERT_THAT(Files(), SizeIs(2));
  Clean();
  EXPECT_THAT(Files(), SizeIs(2));
  own.Commit();
  living.End(SIGKILL);
  Clean();
  EXPECT_THAT(Files(), ElementsAre("out"));
  EXPECT_EQ(Get("out"), "whole");
}

TEST_P(Leftovers, OnlyWhatHasExactlySuchANameAndIsAFileGoes) {
  const std::vector<std::string> stay = {
      "out",         "out.part",  "out.1",  "out.x.part", "out.1.2.3.4.part", "other.1.part", "out.1.part.bak",
      "xout.1.part", "out..part", "1.part", "out.1x.part"};
  for (const std::string& name : stay) Put(name, "x");
  for (const char* name : {"out.1.part", "out.12345.2.part", "out.1.7.3.part"}) Put(name, "x");
  fs::create_directory(folder_ / "out.2.part");
  fs::create_symlink("out", folder_ / "out.3.part");
  ASSERT_EQ(mkfifo((folder_ / "out.4.part").c_str(), 0600), 0);
  Clean();
  std::vector<std::string> expected = stay;
  expected.insert(expected.end(), {"out.2.part", "out.3.part", "out.4.part"});
  EXPECT_THAT(Files(), testing::UnorderedElementsAreArray(expected));
}

TEST_P(Leftovers, OfOtherUsersStay) {
  Put("out.1.part", "x");
  if (chown((folder_ / "out.1.part").c_str(), 1234, -1) != 0) return;  // only root can make one
  Clean();
  EXPECT_THAT(Files(), ElementsAre("out.1.part"));
}

TEST_P(Leftovers, BeingRemovedAreNotWrittenInto) {
  // Somebody who removes leftovers has the lock on what a writer of our number has just made.
  const fs::path first = TemporaryName(folder_ / "out", 0);
  Put(first.filename().string(), "");
  const int remover = open(first.c_str(), O_RDWR);
  ASSERT_EQ(flock(remover, LOCK_EX | LOCK_NB), 0);
  const int writer = open(first.c_str(), O_WRONLY);
  EXPECT_FALSE(LockTemporary(writer, first));
  fs::remove(first);
  close(remover);
  EXPECT_FALSE(LockTemporary(writer, first)) << "it has no name any more";
  close(writer);
}

}  // namespace
}  // namespace fcn
