// What each signal does (src/cli/signals.h). HUP (a terminal that is closed), XFSZ (ulimit -f) and XCPU (ulimit -t)
// ended a training without a checkpoint; USR1 and QUIT left temporary files. USR1 in the milliseconds before main,
// while libraries set themselves up, ended a training.
//
// What was looked at: INT, TERM, HUP, XCPU, XFSZ, USR1, QUIT, KILL in a training; a second one; those that come twice
// by themselves (timeout(1) sends TERM to a process and to its group, XCPU comes every second); nohup; INT that a shell
// ignores for what it starts in the background; the same in other verbs, with and without --json. Every resumed
// training ends with the bytes of one left alone.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "reproducers/training_data.h"
#include "train/checkpoint.h"
#include "train/training_run.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ProgramResult;
using testing::Each;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* kNames[] = {"config.toml",       "log.jsonl",        "metrics.json",     "lock",
                                  "latest.checkpoint", "best.safetensors", "model.safetensors"};

class StopsAt final : public TrainingObserver {
 public:
  explicit StopsAt(int64_t iteration) : iteration_(iteration) {}
  void OnIteration(const TrainingProgress& progress) override { stop = progress.iteration >= iteration_; }
  std::atomic<bool> stop = false;

 private:
  int64_t iteration_;
};

class Signals : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(4, test::Halves);
  }

  std::vector<std::string> Command(int iterations) const {
    return Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "", "--max-iters",
                  std::to_string(iterations), "--checkpoint-interval", "10000", "--log-interval", "1", "-j", "1"});
  }
  /// Until the training has done an iteration.
  void WaitForIteration(int iteration) const {
    const std::string line = "\"iteration\":" + std::to_string(iteration) + ",";
    for (int i = 0; i < 6000; i++) {
      if (fs::exists(Path("run/log.jsonl"))) {
        const std::vector<uint8_t> bytes = ReadFile(Path("run/log.jsonl"));
        if (std::string(bytes.begin(), bytes.end()).find(line) != std::string::npos) return;
      }
      Sleep(5);
    }
    ADD_FAILURE() << "no iteration " << iteration;
  }
  static void Sleep(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

  /// Or has ended.
  static bool HandlesUsr1(int pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    std::string line, state;
    while (std::getline(status, line)) {
      if (line.starts_with("State:")) state = line;
      if (line.starts_with("SigCgt:"))
        return state.find('Z') != state.npos || (std::stoull(line.substr(7), nullptr, 16) >> (SIGUSR1 - 1) & 1) != 0;
    }
    return true;
  }

  int64_t Saved() const { return LoadCheckpoint(Path("run/latest.checkpoint")).iteration; }

  /// Resumes the training for an iteration or more, and compares it with one that was never stopped before.
  void ExpectGoesOn() const {
    const int64_t saved = Saved();
    EXPECT_GT(saved, 0);
    EXPECT_THAT(Files("run"), testing::IsSubsetOf(kNames));
    StopsAt resumed_end(saved + 2), alone_end(saved + 2);
    TrainConfig config = ParseConfig(LoadCheckpoint(Path("run/latest.checkpoint")).config, "");
    const Context context(2);
    TrainingRun(config, Path("run/latest.checkpoint"), {}, context, resumed_end).Run(resumed_end.stop);
    config.output = Path("alone");
    TrainingRun(config, {}, context, alone_end).Run(alone_end.stop);
    const Checkpoint resumed = LoadCheckpoint(Path("run/latest.checkpoint"));
    const Checkpoint alone = LoadCheckpoint(Path("alone/latest.checkpoint"));
    EXPECT_EQ(resumed.iteration, saved + 2);
    for (const auto& [name, tensor] : alone.weights)
      EXPECT_EQ(resumed.weights.at(name).ToFloats(), tensor.ToFloats()) << name;
    EXPECT_EQ(ReadFile(Path("run/log.jsonl")), ReadFile(Path("alone/log.jsonl")));
    fs::remove_all(Path("run"));
    fs::remove_all(Path("alone"));
  }

  static constexpr int kMany = 100000;
};

TEST_F(Signals, EndATrainingWithACheckpointAndAreNamed) {
  for (const auto& [signal, name] :
       {std::pair{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}, {SIGXCPU, "SIGXCPU"}}) {
    std::vector<std::string> command = Command(kMany);
    command.emplace_back("--json");
    const ProgramResult result = Fcn(command, [&, signal = signal](int pid) {
      WaitForIteration(2);
      kill(pid, signal);
    });
    EXPECT_EQ(result.exit_code, 128 + signal) << result.err;
    const auto json = nlohmann::json::parse(result.out);
    EXPECT_EQ(json["end"], "interrupted");
    EXPECT_EQ(json["signal"], name);
    EXPECT_EQ(json["iterations"], Saved());
    ExpectGoesOn();
  }
}

TEST_F(Signals, TwiceByThemselvesAreOne) {
  const std::vector<std::vector<int>> series = {{SIGTERM, SIGTERM}, {SIGHUP, SIGHUP, SIGCONT}, {SIGXCPU, SIGXCPU}};
  for (const std::vector<int>& signals : series) {
    const ProgramResult result = Fcn(Command(kMany), [&](int pid) {
      WaitForIteration(1);
      for (const int signal : signals) kill(pid, signal), std::this_thread::sleep_for(std::chrono::microseconds(300));
    });
    EXPECT_EQ(result.exit_code, 128 + signals[0]) << result.err;
    EXPECT_THAT(result.out, HasSubstr("stopped by SIG"));
    EXPECT_GT(Saved(), 0);
    fs::remove_all(Path("run"));
  }
}

TEST_F(Signals, UnderNohupATrainingGoesOn) {
  std::vector<std::string> command = {"/bin/sh", "-c", R"(trap '' HUP; exec "$0" "$@")", FCN_PROGRAM};
  for (const std::string& word : Command(12)) command.push_back(word);
  const ProgramResult result = test::RunProgram(command, [&](int pid) {
    WaitForIteration(1);
    kill(pid, SIGHUP);
  });
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("12 iterations"));
}

TEST_F(Signals, InTheBackgroundOfAScriptIntStopsATrainingToo) {
  std::vector<std::string> command = {"/bin/sh", "-c", R"(trap '' INT QUIT; exec "$0" "$@")", FCN_PROGRAM};
  for (const std::string& word : Command(kMany)) command.push_back(word);
  const ProgramResult result = test::RunProgram(command, [&](int pid) {
    WaitForIteration(1);
    kill(pid, SIGINT);
  });
  EXPECT_EQ(result.exit_code, 128 + SIGINT) << result.err;
  EXPECT_GT(Saved(), 0);
}

TEST_F(Signals, Usr1HasACheckpointWrittenAndTheTrainingGoesOn) {
  const ProgramResult result = Fcn(Command(kMany), [&](int pid) {
    WaitForIteration(2);
    kill(pid, SIGUSR1);
    for (int i = 0; i < 2000 && !fs::exists(Path("run/latest.checkpoint")); i++) Sleep(5);
    const int64_t saved = Saved();
    WaitForIteration(static_cast<int>(saved) + 2);
    kill(pid, SIGUSR1);
    for (int i = 0; i < 2000 && Saved() == saved; i++) Sleep(5);
    kill(pid, SIGKILL);
  });
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
  EXPECT_THAT(result.err, HasSubstr("writing a checkpoint and going on"));
  EXPECT_GT(Saved(), 2);
  ExpectGoesOn();
}

TEST_F(Signals, Usr1WhileLibrariesAreSetUpEndsNothing) {
  // The library sends it from its constructor, ahead of main.
  const ProgramResult result =
      test::RunProgram({"/bin/sh", "-c", R"(LD_PRELOAD="$0" exec "$1" --version)", FCN_EARLY_SIGNAL, FCN_PROGRAM});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("fcn"));
}

TEST_F(Signals, Usr1AtAnyMomentOfTheStartEndsNothing) {
  for (int i = 0; i < 30; i++) {
    const ProgramResult result = Fcn(Command(1), [&](int pid) {
      while (!HandlesUsr1(pid)) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::microseconds(i * i * 100));
      kill(pid, SIGUSR1);
    });
    EXPECT_EQ(result.exit_code, 0) << i << result.err;
    fs::remove_all(Path("run"));
  }
}

TEST_F(Signals, QuitAndKillEndAtOnceWithNothingHalfWritten) {
  for (const int signal : {SIGQUIT, SIGKILL}) {
    std::vector<std::string> command = {"/bin/sh", "-c", R"(ulimit -c 0; exec "$0" "$@")", FCN_PROGRAM};
    for (const std::string& word : Command(kMany)) command.push_back(word);
    *std::ranges::find(command, "10000") = "1";  // a checkpoint after each iteration, so that one is being written
    const ProgramResult result = test::RunProgram(command, [&](int pid) {
      WaitForIteration(3);
      kill(pid, signal);
    });
    EXPECT_EQ(result.exit_code, 128 + signal);
    EXPECT_GE(Saved(), 2);
    EXPECT_THAT(Files("run"), testing::IsSubsetOf(kNames));
    fs::remove_all(Path("run"));
  }
}

TEST_F(Signals, AFileThatMayNotGrowIsAnErrorWithARemedy) {
  std::vector<std::string> command = {"/bin/bash", "-c", R"(ulimit -f 1024; exec "$0" "$@")", FCN_PROGRAM};
  for (const std::string& word : Command(2)) command.push_back(word);
  const ProgramResult result = test::RunProgram(command);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("needs a file of "));
  EXPECT_THAT(result.err, HasSubstr("Raise the limit of files' sizes: ulimit -f unlimited"));
  EXPECT_FALSE(fs::exists(Path("run"))) << "found before the first iteration";
}

TEST_F(Signals, TimeThatIsUpEndsATrainingWithACheckpoint) {
  // The kernel sends XCPU every second from then on.
  std::vector<std::string> command = {"/bin/bash", "-c", R"(ulimit -S -t 3; exec "$0" "$@")", FCN_PROGRAM};
  for (const std::string& word : Command(kMany)) command.push_back(word);
  command.insert(command.end(), {"--check", "false"});
  const ProgramResult result = test::RunProgram(command);
  EXPECT_EQ(result.exit_code, 128 + SIGXCPU) << result.err;
  EXPECT_THAT(result.out, HasSubstr("stopped by SIGXCPU"));
  EXPECT_GT(Saved(), 0);
}

TEST_F(Signals, EndOtherVerbsAndAreNamed) {
  const std::vector<std::string> generate = {"dataset", "generate", "-o",    Path("scenes"),
                                             "--count", "100000",   "--json"};
  for (const auto& [signal, name] :
       {std::pair{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}, {SIGXCPU, "SIGXCPU"}}) {
    const ProgramResult result = Fcn(generate, [&, signal = signal](int pid) {
      for (int i = 0; i < 2000 && !fs::exists(Path("scenes/train/images/scene_000003.png")); i++) Sleep(5);
      kill(pid, SIGUSR1);  // nothing to save
      Sleep(20);
      kill(pid, signal);
    });
    EXPECT_EQ(result.exit_code, 128 + signal);
    EXPECT_THAT(result.err, HasSubstr(std::string("fcn: stopped by ") + name));
    EXPECT_EQ(nlohmann::json::parse(result.out)["error"]["message"], std::string("stopped by ") + name);
    EXPECT_THAT(Files("scenes/train/images"), Each(EndsWith(".png")));
    EXPECT_THAT(Files("scenes/train/masks"), Each(EndsWith(".png")));
    fs::remove_all(Path("scenes"));
  }
}

TEST_F(Signals, EndSegmentBetweenTwoLayers) {
  const std::string model = ModelFile();
  fs::create_directory(Path("in"));
  for (int i = 0; i < 60; i++) PictureFile("in/" + std::to_string(i) + ".png", 300, 300);
  const ProgramResult result =
      Fcn({"segment", Path("in"), "--model", model, "-o", Path("out"), "--json"}, [&](int pid) {
        for (int i = 0; i < 2000 && !(fs::exists(Path("out")) && !Files("out").empty()); i++) Sleep(2);
        kill(pid, SIGUSR1);
        kill(pid, SIGTERM);
      });
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_THAT(result.err, HasSubstr("\nfcn: stopping after this picture (Ctrl-C once more: at once)\n"));
  EXPECT_THAT(result.err, HasSubstr("stopped by SIGTERM"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["error"]["code"], "cancelled");
  EXPECT_THAT(Files("out"), Each(EndsWith(".png")));
}

}  // namespace
}  // namespace fcn
