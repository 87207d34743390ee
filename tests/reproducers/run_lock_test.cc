// Two trainings never write into one folder. Tried with two `fcn train -o run` a quarter of a second apart: both
// reported success, with the configuration and the log of one and the models of the other; two resumes deleted each
// other's temporary files.
//
// What else of this kind was looked at:
// - The same of two trainers in one process, of a new training beside a resumed one, and of a checkpoint that is
// resumed
//   while its training goes on: all take the lock before they look at the folder.
// - A kill leaves no lock; a file `lock` of somebody else's is not touched; a name that is no regular file is refused.
// - File systems without locks: said, and the file's text takes the lock's place.
// - A lock that is deleted or replaced while a training runs (by hand, with the folder, by a clean-up): the training
// ends
//   before it writes again, and leaves the file of whoever took its place.
// - What only reads (report, eval) needs no lock: every file but the log is replaced as a whole.
#include <signal.h>

#include <thread>

#include "reproducers/training_data.h"
#include "support/expect_error.h"
#include "train/run_lock.h"
#include "train/training_run.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;

class RunLocks : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(4, Halves);
    config_.model = "fcn32s-efficientnet-lite0";
    config_.data = Path("data"), config_.output = Path("run");
    config_.classes = {"a", "b"};
    config_.train_split = "[:2]", config_.val_split = "[2:]";
    config_.crop_size = {32, 32}, config_.batch_size = 2, config_.max_iters = 2, config_.checkpoint_interval = 1;
  }

  std::vector<std::string> Command(const std::string& iterations) const {
    return Train({"--classes", "a,b", "--train-split", "[:2]", "--val-split", "[2:]", "--max-iters", iterations,
                  "--checkpoint-interval", "1"});
  }
  void WaitFor(const std::string& name) const {
    for (int i = 0; i < 3000 && !std::filesystem::exists(Path(name)); i++)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  TrainConfig config_;
  TrainingObserver observer_;
  std::atomic<bool> stop_ = false;
};

TEST_F(RunLocks, OfTwoThatBeginAtOnceOneTrains) {
  std::vector<ProgramResult> results(2);
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (ProgramResult& result : results) threads.emplace_back([&] { result = Fcn(Command("30")); });
  }
  if (results[0].exit_code != 0) std::swap(results[0], results[1]);
  EXPECT_EQ(results[0].exit_code, 0) << results[0].err;
  EXPECT_EQ(results[1].exit_code, 2) << results[1].err;
  EXPECT_THAT(results[1].err, testing::AnyOf(HasSubstr("another training writes into " + Path("run")),
                                             HasSubstr("holds a training already")));
  EXPECT_THAT(Files("run"), testing::ElementsAre("best.safetensors", "config.toml", "latest.checkpoint", "log.jsonl",
                                                 "metrics.json", "model.safetensors"));
}

TEST_F(RunLocks, ATrainingThatRunsIsNamedToBeginnersAndResumersAndLeftAlone) {
  const auto beside = [&](int pid) {
    WaitFor("run/latest.checkpoint");
    WriteFile(folder_ / "run/best.safetensors.1.part", std::string("being written"));
    for (const std::vector<std::string>& command : {Command("2"), {"train", "--resume", Path("run")}}) {
      const ProgramResult refused = Fcn(command);
      EXPECT_EQ(refused.exit_code, 2) << refused.err;
      EXPECT_THAT(refused.err, HasSubstr("process " + std::to_string(pid)));
      EXPECT_THAT(refused.err, HasSubstr("since"));
    }
    EXPECT_TRUE(std::filesystem::exists(Path("run/best.safetensors.1.part")));
    kill(pid, SIGKILL);
  };
  EXPECT_EQ(Fcn(Command("100000"), beside).exit_code, 128 + SIGKILL);
  EXPECT_TRUE(std::filesystem::exists(Path("run/lock")));
  const ProgramResult resumed = Fcn({"train", "--resume", Path("run"), "--max-time", "0.0001"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_FALSE(std::filesystem::exists(Path("run/best.safetensors.1.part")));
  EXPECT_FALSE(std::filesystem::exists(Path("run/lock")));
}

TEST_F(RunLocks, TrainersOfOneProcessKeepApartToo) {
  const Context context(1);
  {
    TrainingRun first(config_, {}, context, observer_);
    ExpectError(ErrorCode::kUsage, "another training writes into",
                [&] { TrainingRun(config_, {}, context, observer_); });
    first.Run(stop_);
    ExpectError(ErrorCode::kUsage, "another training writes into",
                [&] { TrainingRun(config_, RunFiles(config_.output).latest, {}, context, observer_); });
  }
  EXPECT_EQ(TrainingRun(config_, RunFiles(config_.output).latest, {}, context, observer_).Run(stop_).end,
            TrainingEnd::kDone);
}

TEST_F(RunLocks, WithoutItsLockATrainingWritesNothingMore) {
  class AfterIteration final : public TrainingObserver {
   public:
    explicit AfterIteration(std::function<void()> act) : act_(std::move(act)) {}
    void OnIteration(const TrainingProgress&) override { act_(); }

   private:
    std::function<void()> act_;
  };
  const Context context(1);
  std::unique_ptr<RunLock> second;
  AfterIteration observer([&] {
    if (second) return;
    std::filesystem::remove(Path("run/lock"));
    second = std::make_unique<RunLock>(Path("run"));
  });
  {
    TrainingRun first(config_, {}, context, observer);
    ExpectError(ErrorCode::kIo, Path("run/lock") + " was removed or replaced while this training ran",
                [&] { first.Run(stop_); });
  }
  EXPECT_THAT(Files("run"), testing::ElementsAre("config.toml", "lock", "log.jsonl"));
  EXPECT_NO_THROW(second->Check()) << "the first one took the second one's lock with it";
}

TEST_F(RunLocks, WhatIsNotOursIsNotTouched) {
  std::filesystem::create_directories(folder_ / "run");
  WriteFile(folder_ / "run/lock", std::string("mine"));
  const Context context(1);
  ExpectError(ErrorCode::kUsage, "was not written by fcn", [&] { TrainingRun(config_, {}, context, observer_); });
  EXPECT_EQ(ReadFile(Path("run/lock")), (std::vector<uint8_t>{'m', 'i', 'n', 'e'}));
  std::filesystem::remove(Path("run/lock"));
  std::filesystem::create_symlink(Path("data/images/p0.png"), Path("run/lock"));
  ExpectError(ErrorCode::kIo, "cannot write", [&] { TrainingRun(config_, {}, context, observer_); });
}

}  // namespace
}  // namespace fcn
