// A standard stream that is closed takes no file's place, and what cannot be printed is an error. Tried in public with
// `fcn train ... 2>&-`: the log took descriptor 2, and progress was written into log.jsonl. `fcn --help >/dev/full`
// ended with 0.
//
// Results that went to a closed standard output ended with 0 as well.
//
// What was looked at: every set of closed streams with a training, whose files are open the longest; every verb's help,
// the version, results as text and as JSON, and errors as JSON on a full device and into a pipe that nobody reads.
#include "reproducers/training_data.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ProgramResult;
using testing::HasSubstr;

class ClosedDescriptors : public test::TrainingDataTest {
 protected:
  /// Runs the program with what the shell makes of the streams.
  ProgramResult Redirected(const std::vector<std::string>& arguments, const std::string& streams) const {
    std::vector<std::string> command = {"/bin/sh", "-c", R"("$0" "$@" )" + streams, FCN_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return test::RunProgram(command);
  }
};

TEST_F(ClosedDescriptors, NoFileTakesTheNumberOfAClosedStream) {
  Pairs(4, test::Halves);
  const std::vector<std::string> train = Train(
      {"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", "2", "--log-interval", "1"});
  ASSERT_EQ(Fcn(train).exit_code, 0);
  std::map<std::string, std::vector<uint8_t>> open;
  for (const std::string& name : Files("run")) open[name] = ReadFile(Path("run/" + name));
  for (const char* streams : {"2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&- 2>&-"}) {
    fs::remove_all(Path("run"));
    const bool prints = std::string(streams).find(">&- 2") == std::string::npos;  // what it was run for
    EXPECT_EQ(Redirected(train, streams).exit_code, prints ? 0 : 1) << streams;
    EXPECT_EQ(Files("run").size(), open.size());
    for (const auto& [name, bytes] : open) EXPECT_TRUE(ReadFile(Path("run/" + name)) == bytes) << streams << name;
  }
}

TEST_F(ClosedDescriptors, WhatCannotBePrintedIsAnErrorInEveryVerb) {
  std::vector<std::vector<std::string>> commands = {
      {"--help"}, {"--version"}, {"info"}, {"info", "--json"}, {"info", "fcn8s-vgg16", "--size", "64x64", "--json"}};
  for (const char* verb : {"segment", "import", "info", "bench", "verify", "report", "train", "eval", "dataset"})
    commands.push_back({verb, "--help"});
  for (const char* verb : {"check", "stats", "generate"}) commands.push_back({"dataset", verb, "--help"});
  for (const std::vector<std::string>& command : commands) {
    const ProgramResult full = Redirected(command, ">/dev/full");
    EXPECT_EQ(full.exit_code, 1) << command[0];
    EXPECT_THAT(full.err, HasSubstr("fcn: cannot write to standard output")) << command[0];
    const ProgramResult closed = Redirected(command, ">&-");
    EXPECT_EQ(closed.exit_code, 1) << command[0];
    EXPECT_THAT(closed.err, HasSubstr("fcn: cannot write to standard output: Bad file descriptor")) << command[0];
  }
  const ProgramResult full = Redirected({"--version"}, ">/dev/full");
  EXPECT_THAT(full.err, HasSubstr("No space left on device\n  Free some space"));
  // Another error keeps its code.
  const ProgramResult usage = Redirected({"info", "no-such-network", "--json"}, ">/dev/full");
  EXPECT_EQ(usage.exit_code, 2);
  EXPECT_THAT(usage.err, HasSubstr("no-such-network"));
}

TEST_F(ClosedDescriptors, AReaderThatWentAwayIsAnErrorToo) {
  // The fifo's reader is gone before anything is printed.
  const ProgramResult result =
      test::RunProgram({"/bin/bash", "-c", R"(exec 3> >(exec true); sleep 0.2; "$0" info --json >&3)", FCN_PROGRAM});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cannot write to standard output: Broken pipe"));
}

}  // namespace
}  // namespace fcn
