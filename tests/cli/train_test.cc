// Trainings that are stopped in every way, and go on: the bytes at the end are those of a training left alone.

#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cmath>
#include <map>
#include <thread>

#include "fcn/files.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

class TrainTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_EQ(
        Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "12", "--val", "3", "--size", "64x48"}).exit_code,
        0);
    WriteFile(Path("config.toml"), std::string(R"(
model = "fcn32s-efficientnet-lite0"
dataset = "scenes"
crop_size = [64, 48]
batch_size = 2
max_iters = 12
optimiser = "sgd"
lr = 0.01
lr_schedule = "poly"
ema = 0.9
log_interval = 5
val_interval = 4
checkpoint_interval = 3
)"));
  }

  /// The command of a training, new or resumed.
  std::vector<std::string> Train(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"train",        "--config", Path("config.toml"), "--data",
                                        Path("scenes"), "-o",       Path("run")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  std::vector<std::string> Resume(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"train", "--resume", Path("run")};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  /// All files of the run by name.
  std::map<std::string, std::vector<uint8_t>> RunContent() const {
    std::map<std::string, std::vector<uint8_t>> content;
    for (const std::string& name : Files("run")) content[name] = ReadFile(Path("run/" + name));
    return content;
  }

  /// A training left alone: its files. The run's folder is gone after.
  std::map<std::string, std::vector<uint8_t>> LeftAlone() {
    const ProgramResult result = Fcn(Train({"-j", "2"}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    auto content = RunContent();
    EXPECT_EQ(content.size(), 6u);
    fs::remove_all(Path("run"));
    return content;
  }

  static void ExpectSame(const std::map<std::string, std::vector<uint8_t>>& wanted,
                         const std::map<std::string, std::vector<uint8_t>>& found) {
    for (const auto& [name, bytes] : wanted) {
      ASSERT_TRUE(found.contains(name)) << name;
      EXPECT_TRUE(found.at(name) == bytes) << name << " differs";
    }
    EXPECT_EQ(found.size(), wanted.size());
  }

  static std::function<void(int)> SignalAfter(double seconds, int signal) {
    return [=](int pid) {
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
      kill(pid, signal);
    };
  }

  /// Goes on with the run, or begins it where no checkpoint was written yet.
  ProgramResult GoOn(const std::string& threads, const std::function<void(int)>& while_running = {}) {
    const bool has_checkpoint = fs::exists(Path("run/latest.checkpoint"));
    return Fcn(has_checkpoint ? Resume({"-j", threads}) : Train({"-j", threads}), while_running);
  }
};

TEST_F(TrainTest, KilledAtTenMomentsWithOtherThreadsEndsWithTheSameBytes) {
  const auto start = std::chrono::steady_clock::now();
  const auto alone = LeftAlone();
  double latest = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  int killed = 0, without_checkpoint = 0, while_writing = 0;
  for (uint64_t i = 0; killed < 10; i++) {
    const double moment = latest * static_cast<double>(RandomBits(11, i) % 1000) / 1000;
    const ProgramResult result = GoOn(std::to_string(1 + i % 3), SignalAfter(moment, SIGKILL));
    if (result.exit_code == 128 + SIGKILL) {
      killed++;
      without_checkpoint += fs::exists(Path("run/latest.checkpoint")) ? 0 : 1;
      if (fs::exists(Path("run")))
        for (const std::string& name : Files("run")) while_writing += name.ends_with(".part") ? 1 : 0;
    } else {
      // The run was over before the signal; a resumed one that is complete says so and changes nothing.
      ASSERT_EQ(result.exit_code, 0) << result.err;
      ExpectSame(alone, RunContent());
      fs::remove_all(Path("run"));
      latest *= 0.8;  // however fast the machine is, the next moments come before the end
    }
  }
  const ProgramResult last = GoOn("3");
  EXPECT_EQ(last.exit_code, 0) << last.err;
  ExpectSame(alone, RunContent());
  std::printf("of %d that were killed, %d were before the first checkpoint, %d wrote a file\n", killed,
              without_checkpoint, while_writing);
}

TEST_F(TrainTest, RefusesWhatWouldNotFitBeforeItBegins) {
  const ProgramResult refused = Fcn(Train({"--max-memory", "20M"}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("the limit is 20 MB"));
  EXPECT_THAT(refused.err, HasSubstr("crop_size or batch_size"));
  EXPECT_FALSE(fs::exists(Path("run")));
  EXPECT_EQ(Fcn(Train({"--max-memory", "2G", "--max-iters", "1"})).exit_code, 0);
}

TEST_F(TrainTest, InterruptedItSavesSaysHowToGoOnAndDoes) {
  const auto alone = LeftAlone();
  const auto when_training = [&](int pid) {
    // The log exists when the training begins.
    for (int i = 0; i < 500 && !fs::exists(Path("run/log.jsonl")); i++)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(pid, SIGINT);
  };
  const ProgramResult stopped = Fcn(Train(), when_training);
  EXPECT_EQ(stopped.exit_code, 128 + SIGINT);
  EXPECT_THAT(stopped.out, HasSubstr("--resume " + Path("run")));
  EXPECT_TRUE(fs::exists(Path("run/latest.checkpoint")));
  EXPECT_FALSE(fs::exists(Path("run/model.safetensors")));
  const ProgramResult resumed = Fcn(Resume());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  ExpectSame(alone, RunContent());
}

TEST_F(TrainTest, KilledBeforeTheFirstCheckpointItSaysSoAndBeginsAgain) {
  const auto alone = LeftAlone();
  const auto when_begun = [&](int pid) {
    for (int i = 0; i < 5000 && !fs::exists(Path("run/log.jsonl")); i++)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    kill(pid, SIGKILL);
  };
  ASSERT_EQ(Fcn(Train(), when_begun).exit_code, 128 + SIGKILL);
  ASSERT_FALSE(fs::exists(Path("run/latest.checkpoint")));
  const ProgramResult refused = Fcn(Resume());
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("before the first checkpoint"));
  EXPECT_THAT(refused.err, HasSubstr("fcn train --config " + Path("run/config.toml")));
  const ProgramResult again = Fcn({"train", "--config", Path("run/config.toml")});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  ExpectSame(alone, RunContent());
}

TEST_F(TrainTest, HelpNamesEveryKeyInShortLines) {
  const ProgramResult help = Fcn({"train", "--help"});
  ASSERT_EQ(help.exit_code, 0);
  for (const char* part : {"Optimiser:", "Learning rate:", "--crop-size", "[352x352]", "[0.5,2.0]"})
    EXPECT_THAT(help.out, HasSubstr(part));
  std::istringstream lines(help.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 120u) << line;
}

TEST_F(TrainTest, FilesThatMayNotGrowLoseNothing) {
  const auto alone = LeftAlone();
  const auto when_saved = [&](int pid) {
    for (int i = 0; i < 3000 && !fs::exists(Path("run/latest.checkpoint")); i++)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    kill(pid, SIGKILL);
  };
  ASSERT_EQ(Fcn(Train(), when_saved).exit_code, 128 + SIGKILL);
  const auto before = ReadFile(Path("run/latest.checkpoint"));
  // No file may grow beyond a megabyte, less than a checkpoint has.
  const ProgramResult full = RunProgram({"/bin/bash", "-c", R"(trap '' XFSZ; ulimit -f 1024; exec "$0" "$@")",
                                         FCN_PROGRAM, "train", "--resume", Path("run")});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("run needs a file of "));
  EXPECT_TRUE(ReadFile(Path("run/latest.checkpoint")) == before);
  for (const std::string& name : Files("run")) EXPECT_TRUE(alone.contains(name)) << name << " was left behind";
  const ProgramResult resumed = Fcn(Resume());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  ExpectSame(alone, RunContent());
}

TEST_F(TrainTest, ALossThatIsNoNumberStopsAndNamesItsCause) {
  ASSERT_EQ(Fcn(Train({"--max-iters", "3"})).exit_code, 0);
  fs::remove_all(Path("run"));
  const ProgramResult result = Fcn(Train({"--lr", "1000", "--head-lr-multiplier", "1000000", "--momentum", "0.99"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("iteration"));
  EXPECT_THAT(result.err, HasSubstr("scene_0000"));
  EXPECT_THAT(result.err, HasSubstr("lower lr"));
  EXPECT_FALSE(fs::exists(Path("run/model.safetensors")));
}

TEST_F(TrainTest, FlagsWinAndTheResolvedConfigurationRepeatsTheRun) {
  ASSERT_EQ(Fcn(Train({"--lr", "0.02", "--max-iters", "4"})).exit_code, 0);
  const std::vector<uint8_t> config = ReadFile(Path("run/config.toml"));
  EXPECT_THAT(std::string(config.begin(), config.end()), HasSubstr("lr = 0.02"));
  const ProgramResult again = Fcn({"train", "--config", Path("run/config.toml"), "-o", Path("again")});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(ReadFile(Path("again/model.safetensors")) == ReadFile(Path("run/model.safetensors")));
}

TEST_F(TrainTest, WeightsBeginAnewAndLossesFall) {
  const ProgramResult first =
      Fcn(Train({"--model", "fcn8s-efficientnet-lite0", "-b", "4", "--max-iters", "40", "--log-interval", "10",
                 "--val-interval", "40", "--optimiser", "adamw", "--lr", "0.003", "--scale", "1,1", "--ema", "0"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  std::vector<double> losses;
  const auto log = ReadFile(Path("run/log.jsonl"));
  std::istringstream lines(std::string(log.begin(), log.end()));
  for (std::string line; std::getline(lines, line);)
    if (const json entry = json::parse(line); entry.at("mode") == "train") losses.push_back(entry.at("loss"));
  ASSERT_EQ(losses.size(), 4u);
  EXPECT_LT(losses[3], 0.8 * losses[0]);

  for (const char* weights : {"best.safetensors", "latest.checkpoint"}) {
    const ProgramResult second =
        Fcn({"train", "--config", Path("config.toml"), "--data", Path("scenes"), "-o", Path("second"), "--weights",
             Path(std::string("run/") + weights), "--max-iters", "2", "--json"});
    ASSERT_EQ(second.exit_code, 0) << second.err;
    EXPECT_EQ(json::parse(second.out).at("iterations"), 2) << weights;
    fs::remove_all(Path("second"));
  }
}

TEST_F(TrainTest, TwoHalfBatchesAreOneBatch) {
  const auto loss_of = [&](const std::string& batch, const std::string& accumulate) {
    fs::remove_all(Path("run"));
    const ProgramResult result =
        Fcn(Train({"-b", batch, "--accumulate", accumulate, "--batch-norm", "frozen", "--scale", "1,1", "--max-iters",
                   "4", "--log-interval", "1", "--val-split", ""}));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const auto log = ReadFile(Path("run/log.jsonl"));
    std::istringstream lines(std::string(log.begin(), log.end()));
    std::vector<double> losses;
    for (std::string line; std::getline(lines, line);) losses.push_back(json::parse(line).at("loss"));
    return losses;
  };
  const std::vector<double> whole = loss_of("4", "1"), halves = loss_of("2", "2");
  ASSERT_EQ(whole.size(), 4u);
  ASSERT_EQ(halves.size(), 4u);
  for (size_t i = 0; i < whole.size(); i++) EXPECT_NEAR(halves[i], whole[i], 2e-3 * whole[i]) << i;
}

TEST_F(TrainTest, MetricsAreThoseOfEval) {
  ASSERT_EQ(Fcn(Train()).exit_code, 0);
  const auto bytes = ReadFile(Path("run/metrics.json"));
  const json metrics = json::parse(bytes.begin(), bytes.end());
  const ProgramResult eval = Fcn({"eval", "--model", Path("run/best.safetensors"), "--dataset", "scenes", "--data",
                                  Path("scenes"), "--split", "val", "--json"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  const json scores = json::parse(eval.out);
  for (const char* key : {"pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu", "per_class"})
    EXPECT_EQ(metrics.at(key), scores.at(key)) << key;
}

TEST_F(TrainTest, MistakesAreAnsweredAndChangeNothing) {
  ASSERT_EQ(Fcn(Train({"--max-iters", "2"})).exit_code, 0);
  const auto before = RunContent();
  struct Mistake {
    std::vector<std::string> command;
    int exit_code;
    std::string says;
  };
  const std::vector<Mistake> mistakes = {
      {Train(), 2, "holds a training already"},
      {Resume({"--lr", "0.5"}), 2, "--weights"},
      {{"train", "--resume", Path("nothing")}, 1, "nothing"},
      {{"train", "--resume", Path("run/model.safetensors")}, 1, "model"},
      {{"train", "--resume", Path("scenes")}, 1, "latest.checkpoint"},
      {{"train", "--config", Path("config.toml"), "--data", Path("scenes"), "-o", folder_.string()}, 2, "replaced"},
      {Train({"--crop-sise", "64x48"}), 2, "--crop-size"},
      {{"train", "--data", Path("scenes"), "--epochs", "1", "-o", Path("other"), "--crop-size", "8x8"}, 2, "crop_size"},
      {{"train", "--data", Path("scenes")}, 2, "max_iters"},
      {{"train", "--data", Path("nowhere"), "--epochs", "1", "-o", Path("other")}, 1, "nowhere"},
      {{"train", "--data", Path("scenes"), "--epochs", "1", "-o", Path("other"), "--model", "efficientnet-lite0"},
       2,
       "fcn8s-efficientnet-lite0"},
      {{"train", "--data", Path("scenes"), "--epochs", "1", "-o", Path("other"), "--class-weights", "1,2"}, 2, "class"},
  };
  for (const Mistake& mistake : mistakes) {
    const ProgramResult result = Fcn(mistake.command);
    EXPECT_EQ(result.exit_code, mistake.exit_code) << mistake.says << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(mistake.says));
  }
  ExpectSame(before, RunContent());
  EXPECT_FALSE(fs::exists(Path("other")));
}

}  // namespace
}  // namespace fcn::test
