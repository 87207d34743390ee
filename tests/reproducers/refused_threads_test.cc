// Threads that the system does not give. Under `ulimit -v 300000 … -j 16`, `ulimit -u` or a cgroup's pids.max, 19 of 24
// runs aborted (oneTBB ends the process where it cannot start a worker), two span for ever and ignored SIGTERM, others
// called it a bug in fcn. Now as many work as there are, for the same bytes; where memory itself does not suffice, that
// is said with the figures.
//
// What starts threads, and was looked at: the pool behind Context::Parallel (src/base/thread_pool_test.cc refuses the
// n-th thread), pictures side by side (cli/in_order.cc), batches in the background (data/loader.cc; with none at all
// they are made when they are asked for), and libheif's decoders. Nothing else does. All verbs that compute are run
// here in little address space, and with a limit of tasks as another user, since root has none.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "reproducers/training_data.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::Halves;
using test::ProgramResult;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr int kHung = 124;  // of timeout

class RefusedThreads : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(4, Halves);
    fs::create_directories(folder_ / "pictures");
    for (int i = 0; i < 40; i++) PictureFile("pictures/p" + std::to_string(i) + ".png", 50, 40);
    model_ = ModelFile();
  }

  /// Segmenting a picture and a folder, a training, and measuring one.
  std::vector<std::vector<std::string>> Commands() const {
    return {{"segment", Path("pictures/p0.png"), "--model", model_, "-o", Path("one"), "--overwrite"},
            {"segment", Path("pictures"), "--model", model_, "-o", Path("all"), "--overwrite"},
            Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:4]", "--max-iters", "2"}),
            {"bench", "--model", model_, "--size", "64x64"}};
  }

  static ProgramResult Run(std::vector<std::string> command, const std::vector<std::string>& before) {
    std::vector<std::string> words = {"/usr/bin/timeout", "120"};
    words.insert(words.end(), before.begin(), before.end());
    words.emplace_back(FCN_PROGRAM);
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"-j", "16"});
    return test::RunProgram(words);
  }

  static void ExpectDoneOrSaid(const ProgramResult& result, const std::string& what) {
    EXPECT_THAT(result.exit_code, AnyOf(0, 1)) << what << (result.exit_code == kHung ? ": hung\n" : "\n") << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("bug in fcn"))) << what;
    if (result.exit_code == 1) {
      EXPECT_THAT(result.err, HasSubstr("memory")) << what;
    }
  }

  /// To have so many tasks, of which timeout is one. Root, whom no such limit binds, becomes a user who has no others;
  /// anybody else has others, so that all between none and all of the threads may be refused.
  static std::vector<std::string> AtMostTasks(int tasks) {
    std::vector<std::string> words;
    if (getuid() == 0) words = {"/usr/bin/setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"};
    words.insert(words.end(), {"/usr/bin/prlimit", "--nproc=" + std::to_string(tasks)});
    return words;
  }
  /// So that that user can write here.
  void OpenToAll() const {
    fs::permissions(folder_, fs::perms::all);
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) fs::permissions(entry, fs::perms::all);
  }

  /// Of the commands above; nothing for what leaves no file.
  std::string ResultOf(const std::vector<std::string>& command) const {
    if (command[0] == "bench") return "";
    const std::vector<uint8_t> bytes =
        ReadFile(command[0] == "train" ? Path("run/model.safetensors") : command[5] + "/p0.png");
    return {bytes.begin(), bytes.end()};
  }
  void RemoveResults() const {
    for (const char* name : {"one", "all", "run"}) fs::remove_all(Path(name));
  }

  std::string model_;
};

#ifndef FCN_SANITIZED  // sanitizers reserve terabytes of addresses

TEST_F(RefusedThreads, LittleAddressSpaceGivesTheSameBytesOrAnError) {
  const auto limited = [](int64_t kilobytes) {
    return std::vector<std::string>{"/bin/sh", "-c", "ulimit -v " + std::to_string(kilobytes) + "; exec \"$@\"", "sh"};
  };
  int64_t least = 20'000;  // below, the system's loader has no room for the program's libraries
  while (test::RunProgram(
             {"/bin/sh", "-c", "ulimit -v " + std::to_string(least) + "; exec \"$@\"", "sh", FCN_PROGRAM, "--version"})
             .exit_code != 0)
    least += 2'000;
  for (std::vector<std::string> command : Commands()) {
    const ProgramResult whole = Run(command, {});
    ASSERT_EQ(whole.exit_code, 0) << whole.err;
    const std::string expected = ResultOf(command);
    int done = 0;
    for (const int64_t more : {0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512}) {
      RemoveResults();
      const ProgramResult result = Run(command, limited(least + 1000 * more));
      ExpectDoneOrSaid(result, command[0] + " " + command[1] + " in " + std::to_string(least / 1000 + more) + " MB");
      if (result.exit_code != 0) continue;
      done++;
      EXPECT_EQ(ResultOf(command), expected);
    }
    EXPECT_GT(done, 0) << command[0];
  }
}

#endif

TEST_F(RefusedThreads, FewTasksGiveTheSameBytes) {
  OpenToAll();
  for (std::vector<std::string> command : Commands()) {
    ASSERT_EQ(Run(command, {}).exit_code, 0);
    const std::string expected = ResultOf(command);
    for (const int tasks : {2, 3, 5, 20}) {
      RemoveResults();
      const ProgramResult result = Run(command, AtMostTasks(tasks));
      EXPECT_EQ(result.exit_code, 0) << command[0] << " with " << tasks << " tasks: " << result.err;
      EXPECT_EQ(ResultOf(command), expected);
    }
    RemoveResults();
  }
}

TEST_F(RefusedThreads, DecodersWithThreadsOfTheirOwnAreNotLeftWithoutThem) {
  // Refused one, libheif throws or aborts, and its own HEIC decoder, which ours replaces, waits for ever.
  OpenToAll();
  for (const char* name : {"plain.heic", "plain.avif"}) {
    const std::string picture = FCN_SOURCES "/fuzz/corpus/image_heif/" + std::string(name);
    for (const int tasks : {2, 3, 4, 5, 6, 8, 12, 40}) {
      const ProgramResult result =
          Run({"segment", picture, "--model", model_, "-o", Path("out"), "--overwrite"}, AtMostTasks(tasks));
      EXPECT_THAT(result.exit_code, AnyOf(0, 1)) << name << " with " << tasks << " tasks: " << result.err;
      if (result.exit_code == 1) {
        EXPECT_THAT(result.err, AnyOf(HasSubstr("to be decoded, and the system gives"),
                                      HasSubstr("which this build of fcn does not read")));
      }
    }
  }
}

}  // namespace
}  // namespace fcn
