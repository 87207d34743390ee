// One bad entry fails alone, whatever it is: a picture that no list of failures foresaw must not end a whole run.
// Reported in public as crashes of whole batch jobs.
//
// What was looked at: every call of std::filesystem that takes a user's path (those that throw are gone from cli/, and
// what throws all the same is an ordinary error with the path), every kind of entry that a folder can hold or a command
// line can name, every exception that a picture can end with, and outputs that cannot be written.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "cli/as_error.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ProgramResult;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class FailingEntries : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    model_ = ModelFile();
    fs::create_directories(Path("in"));
    PictureFile("in/a.png", 64, 64);
  }
  ProgramResult Segment(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "segment");
    arguments.insert(arguments.end(), {"--model", model_, "-o", Path("out"), "--no-overlay"});
    return Fcn(arguments);
  }
  /// Runs a shell's command, in which $FCN segments into out.
  ProgramResult Shell(const std::string& command) const {
    return test::RunProgram({"/bin/bash", "-c",
                             "cd '" + folder_.string() +
                                 "'; fcn() { '" FCN_PROGRAM "' segment \"$@\" --model model.safetensors -o out "
                                 "--no-overlay; }; " +
                                 command});
  }
  void Socket(const std::string& name) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = Path(name);
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(socket);
  }

  std::string model_;
};

TEST_F(FailingEntries, ADamagedPictureFailsAlone) {
  WriteFile(folder_ / "in/b.png", std::string("no picture"));
  WriteFile(folder_ / "in/empty.png", std::string());
  const ProgramResult result = Segment({Path("in")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("b.png"));
  EXPECT_THAT(result.err, HasSubstr("empty.png is empty"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png"));
}

TEST_F(FailingEntries, LinksThatLeadNowhereFailAlone) {
  fs::create_symlink("loop.png", Path("in/loop.png"));
  fs::create_symlink("nowhere.png", Path("in/dangling.png"));
  fs::create_symlink("in/a.png", Path("link.png"));
  for (const std::vector<std::string>& given :
       {std::vector<std::string>{Path("in")},
        {Path("in/loop.png"), Path("in/dangling.png"), Path("in/missing.png"), Path("link.png")}}) {
    const ProgramResult result = Segment(given);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr(Path("in/loop.png")));
    EXPECT_THAT(result.err, HasSubstr(Path("in/dangling.png")));
    EXPECT_THAT(result.err, Not(HasSubstr("bug")));
    EXPECT_THAT(Files("out"), ElementsAre(AnyOf("a.png", "link.png")));
    fs::remove_all(Path("out"));
  }
}

TEST_F(FailingEntries, PipesSocketsAndDevicesInAFolderArePassedOver) {
  ASSERT_EQ(mkfifo(Path("in/pipe.png").c_str(), 0600), 0);
  Socket("in/socket.png");
  fs::create_symlink("/dev/zero", Path("in/device.png"));
  const ProgramResult result = Segment({Path("in")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("3 files of other kinds passed over: device.png, pipe.png, socket.png"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png"));
}

TEST_F(FailingEntries, SocketsAndDevicesThatAreGivenFailAlone) {
  Socket("socket.png");
  const ProgramResult result = Segment({"/dev/zero", Path("socket.png"), "/dev/null", Path("in/a.png")});
  EXPECT_EQ(result.exit_code, 1);
  for (const std::string& name : {std::string("/dev/zero"), Path("socket.png"), std::string("/dev/null")})
    EXPECT_THAT(result.err, HasSubstr("cannot read " + name + ": it is a device or a socket"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png"));
}

TEST_F(FailingEntries, PipesThatAreGivenAreRead) {
  EXPECT_EQ(Shell("fcn - < <(cat in/a.png)").exit_code, 0);
  EXPECT_THAT(Files("out"), ElementsAre("stdin.png"));
  const std::vector<uint8_t> labels = ReadFile(Path("out/stdin.png"));
  fs::remove_all(Path("out"));
  for (const char* command : {"cat in/a.png | fcn /dev/stdin", "fcn - < in/a.png", "cat in/a.png | fcn - /dev/stdin",
                              "fcn <(cat in/a.png)", "mkfifo p; cat in/a.png > p & fcn p"}) {
    const ProgramResult result = Shell(command);
    EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.err;
    ASSERT_THAT(Files("out"), testing::SizeIs(1)) << command;
    EXPECT_EQ(ReadFile(Path("out/" + Files("out")[0])), labels) << command;
    fs::remove_all(Path("out"));
  }
  const ProgramResult two = Shell("fcn <(cat in/a.png) <(echo no picture) in/a.png");
  EXPECT_EQ(two.exit_code, 1);
  EXPECT_THAT(two.err, HasSubstr("/dev/fd/"));
  EXPECT_THAT(Files("out"), testing::SizeIs(2));
  EXPECT_THAT(Shell("fcn - < /dev/null").err, HasSubstr("/dev/stdin"));
  EXPECT_THAT(Shell(": | fcn -").err, HasSubstr("/dev/stdin is empty"));
  EXPECT_THAT(Shell("fcn - <&-").err, HasSubstr("/dev/stdin"));
}

TEST_F(FailingEntries, NamesOfAnyLengthFailAloneAtMost) {
  const std::string longest = std::string(251, 'x') + ".png", fits = std::string(250, 'y') + ".jpeg";
  fs::copy_file(Path("in/a.png"), Path("in/" + longest));
  fs::copy_file(Path("in/a.png"), Path("in/" + fits));
  EXPECT_EQ(Segment({Path("in")}).exit_code, 0);  // labels alone fit
  const std::vector<std::string> command = {"segment", Path("in"), "--model", model_, "-o", Path("two")};
  const ProgramResult result = Fcn(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the name is too long"));
  EXPECT_THAT(result.out, HasSubstr("2 of 3 pictures failed"));
  EXPECT_THAT(Files("two"), ElementsAre("a.overlay.png", "a.png"));
  const ProgramResult unknown =
      Segment({Path("in/" + std::string(300, 'z') + ".png"), Path("in/a.png"), "--overwrite"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("File name too long"));
}

TEST_F(FailingEntries, ResultsBehindLinksThatLeadNowhereFailAlone) {
  for (const char* name : {"in/b.png", "in/c.png", "in/d.png"}) PictureFile(name, 8, 8);
  fs::create_directories(Path("out"));
  fs::create_symlink("a.png", Path("out/a.png"));
  fs::create_symlink("missing/c.png", Path("out/c.png"));
  fs::create_symlink(Path("in/a.png") + "/d.png", Path("out/d.png"));
  const ProgramResult result = Segment({Path("in"), "--overwrite", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["failed"], 3);
  for (const size_t i : {0, 2, 3}) EXPECT_EQ(json["pictures"][i]["code"], "io") << json["pictures"][i];
  EXPECT_EQ(json["pictures"][1]["labels"], Path("out/b.png"));
  EXPECT_THAT(result.err, HasSubstr("cannot write " + Path("out/a.png") + ": Too many levels of symbolic links"));
}

TEST_F(FailingEntries, WhatMayNotBeReadFailsAlone) {
  if (geteuid() == 0) {  // who may read everything: a folder of the kernel's that refuses even that takes its place
    const ProgramResult result = Segment({"/proc/1/task/999999999", Path("in/a.png")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(Files("out"), ElementsAre("a.png"));
    return;
  }
  PictureFile("in/closed.png", 8, 8);
  fs::create_directories(Path("in/sub"));
  fs::permissions(Path("in/closed.png"), fs::perms::none);
  fs::permissions(Path("in/sub"), fs::perms::none);
  const ProgramResult result = Segment({Path("in"), "--recursive"});
  fs::permissions(Path("in/sub"), fs::perms::all);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("closed.png: Permission denied"));
  EXPECT_THAT(result.err, HasSubstr("cannot read the folder " + Path("in/sub") + ": Permission denied"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png"));
}

TEST_F(FailingEntries, AFolderWithoutPicturesAmongOthersFailsAlone) {
  fs::create_directories(Path("none"));
  const ProgramResult result = Segment({Path("none"), Path("in")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("none holds no pictures"));
  EXPECT_THAT(Files("out"), ElementsAre("a.png"));
}

TEST_F(FailingEntries, OutputsThatCannotBeWrittenAreSaidOnce) {
  for (const char* name : {"in/b.png", "in/c.png", "in/d.png"}) PictureFile(name, 64, 64);
  WriteFile(folder_ / "file", std::string("no folder"));
  fs::create_symlink("loop", Path("loop"));
  for (const std::string& output : {Path("file"), Path("file/sub"), Path("loop"), Path("loop/sub"),
                                    std::string("/proc/no"), Path(std::string(300, 'x')), std::string()}) {
    const ProgramResult result = Fcn({"segment", Path("in"), "--model", model_, "-o", output});
    EXPECT_EQ(result.exit_code, 1) << output;
    EXPECT_THAT(result.err, testing::StartsWith("fcn: cannot make the folder " + output));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  }
  const ProgramResult full = Shell("ulimit -f 0; fcn in");
  EXPECT_NE(full.exit_code, 0);
}

TEST_F(FailingEntries, LoopsAndLongNamesAreOrdinaryErrorsForEveryVerb) {
  fs::create_symlink("loop", Path("loop"));
  for (const std::string& path : {Path("loop"), Path("loop/sub"), Path(std::string(300, 'x')), Path("in/a.png/sub")})
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"import", path, "--model", "vgg16", "-o", Path("o")},
          {"segment", Path("in/a.png"), "--model", path, "-o", Path("o")},
          {"segment", path, "--model", model_, "-o", Path("o")},
          {"info", path},
          {"verify", path},
          {"bench", "--model", path, "--size", "32x32"},
          {"report", "--run", path, "-o", Path("o")},
          {"report", "--photo", Path("in/a.png"), "--model", path, "-o", Path("o")},
          {"report", "--photo", Path("in/a.png"), "--model", model_, "-o", path},
          {"dataset", "check", "--data", path},
          {"dataset", "generate", "-o", path},
          {"eval", "--model", model_, "--data", path},
          {"eval", "--predictions", path, "--truth", Path("in")},
          {"train", "--data", path, "--epochs", "1", "-o", Path("o")},
          {"train", "--resume", path},
          {"train", "--config", path, "--data", Path("in"), "--epochs", "1"},
          {"train", "--data", Path("in"), "--epochs", "1", "-o", path}}) {
      const ProgramResult result = Fcn(command);
      EXPECT_THAT(result.exit_code, AnyOf(1, 2)) << command[0] << " " << path << result.err;
      EXPECT_THAT(result.err, Not(HasSubstr("bug"))) << command[0] << " " << command[1];
    }
}

TEST_F(FailingEntries, EveryExceptionHasItsMeaning) {
  EXPECT_EQ(cli::AsError(std::bad_alloc()).code(), ErrorCode::kMemory);
  const fs::filesystem_error failed("status", "some/path",
                                    std::make_error_code(std::errc::too_many_symbolic_link_levels));
  EXPECT_EQ(cli::AsError(failed).code(), ErrorCode::kIo);
  EXPECT_THAT(cli::AsError(failed).message(), HasSubstr("some/path"));
  EXPECT_EQ(cli::AsError(Error(ErrorCode::kInput, "told", "do")).message(), "told");
  EXPECT_EQ(cli::AsError(std::runtime_error("what")).code(), ErrorCode::kInternal);
}

}  // namespace
}  // namespace fcn
