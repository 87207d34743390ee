// An error in the middle of a training does not cost the iterations since the last checkpoint. A full disk under the
// log and a picture that was damaged meanwhile did.
//
// What else of this kind was looked at: memory that runs out, what an observer throws, a best model that cannot be
// written after its validation (its checkpoint said that the best was known, so that a resumed training never wrote
// it), an error in a later pass of accumulated gradients (batch norm had mixed in the passes before), an error in the
// middle of moving averages; a folder whose lock is gone, and a checkpoint that cannot be written: then what is lost is
// said. A loss that is no number keeps the checkpoint before it, as it always did.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>
#include <new>

#include "fcn/error.h"
#include "fcn/files.h"
#include "reproducers/training_data.h"
#include "support/file_size_limit.h"
#include "train/checkpoint.h"
#include "train/training_run.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::Halves;
using testing::HasSubstr;

class After final : public TrainingObserver {
 public:
  After(int64_t iteration, std::function<void()> act) : iteration_(iteration), act_(std::move(act)) {}
  void OnIteration(const TrainingProgress& progress) override {
    if (progress.iteration == iteration_) act_();
  }
  void OnValidating(size_t, size_t) override {
    if (iteration_ == 0) act_();
  }
  void OnNotice(const std::string& text) override { notices += text + "\n"; }

  std::string notices;

 private:
  int64_t iteration_;
  std::function<void()> act_;
};

class TrainingErrors : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(6, Halves);
    config_.model = "fcn32s-efficientnet-lite0";
    config_.data = Path("data"), config_.output = Path("run");
    config_.classes = {"a", "b"};
    config_.train_split = "[:4]", config_.val_split = "[4:]";
    config_.crop_size = {32, 32}, config_.batch_size = 2, config_.max_iters = 7;
    config_.checkpoint_interval = 2, config_.val_interval = 4, config_.log_interval = 1;
    config_.cache_mb = 0, config_.ema = 0.9;
  }

  void Train(TrainingObserver& observer) const {
    const Context context(2);
    const std::atomic<bool> stop = false;
    TrainingRun(config_, {}, context, observer).Run(stop);
  }
  /// The message and the hint of the error that a training ends with.
  std::string Failure(TrainingObserver& observer) const {
    try {
      Train(observer);
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }
  int64_t Saved() const { return LoadCheckpoint(Path("run/latest.checkpoint")).iteration; }

  std::map<std::string, std::vector<uint8_t>> Content() const {
    std::map<std::string, std::vector<uint8_t>> content;
    for (const std::string& name : Files("run")) content[name] = ReadFile(Path("run/" + name));
    return content;
  }
  std::map<std::string, std::vector<uint8_t>> Undisturbed() const {
    TrainingObserver observer;
    Train(observer);
    auto content = Content();
    fs::remove_all(Path("run"));
    return content;
  }
  /// Goes on, and compares all files.
  void ExpectResumes(const std::map<std::string, std::vector<uint8_t>>& undisturbed) const {
    const Context context(1);
    TrainingObserver observer;
    const std::atomic<bool> stop = false;
    TrainingRun(config_, Path("run/latest.checkpoint"), {}, context, observer).Run(stop);
    const auto content = Content();
    EXPECT_EQ(content.size(), undisturbed.size());
    for (const auto& [name, bytes] : undisturbed) {
      ASSERT_TRUE(content.contains(name)) << name;
      EXPECT_TRUE(content.at(name) == bytes) << name << " differs";
    }
  }

  /// Overwrites the pictures with bytes that are no picture; puts them back.
  void Damage() {
    for (const FolderEntry& entry : ReadFolder(Path("data/images"))) {
      pictures_[entry.path] = ReadFile(entry.path);
      WriteFile(entry.path, std::string("none"));
    }
  }
  void Mend() const {
    for (const auto& [path, bytes] : pictures_) WriteFile(path, bytes);
  }

  TrainConfig config_;
  std::map<fs::path, std::vector<uint8_t>> pictures_;
};

/// Lets all writes of a file that this process has open fail as on a full disk.
void Fill(const fs::path& path) {
  for (const FolderEntry& entry : ReadFolder("/proc/self/fd")) {
    std::error_code ignored;
    if (fs::read_symlink(entry.path, ignored) != path) continue;
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    dup3(full, std::stoi(entry.path.filename()), O_CLOEXEC);
    close(full);
    return;
  }
  ADD_FAILURE() << path << " is not open";
}

TEST_F(TrainingErrors, AFullDiskUnderTheLogCostsNothing) {
  const auto undisturbed = Undisturbed();
  After observer(4, [&] { Fill(fs::canonical(Path("run/log.jsonl"))); });
  const std::string error = Failure(observer);
  EXPECT_THAT(error, HasSubstr("log.jsonl: No space left on device"));
  EXPECT_THAT(error,
              HasSubstr("The checkpoint of iteration 4 has all that was learnt; fcn train --resume " + Path("run")));
  ExpectResumes(undisturbed);
}

TEST_F(TrainingErrors, APictureThatWasDamagedMeanwhileCostsNothing) {
  for (const int64_t passes : {1, 2}) {
    config_.accumulate = passes;
    const auto undisturbed = Undisturbed();
    After observer(3, [&] { Damage(); });
    const std::string error = Failure(observer);
    EXPECT_THAT(error, HasSubstr("data/images/p"));
    const int64_t saved = Saved();
    EXPECT_THAT(error, HasSubstr("The checkpoint of iteration " + std::to_string(saved)));
    EXPECT_GE(saved, 3);
    Mend();
    ExpectResumes(undisturbed);
    fs::remove_all(Path("run"));
  }
}

TEST_F(TrainingErrors, AnErrorInTheFirstIterationLeavesTheFolderToABeginning) {
  config_.val_split = "", config_.check = false;
  Damage();
  TrainingObserver observer;
  EXPECT_THAT(Failure(observer), testing::Not(HasSubstr("checkpoint")));
  EXPECT_FALSE(fs::exists(Path("run/latest.checkpoint")));
  Mend();
  Train(observer);
}

TEST_F(TrainingErrors, MemoryThatRunsOutCostsNothing) {
  const auto undisturbed = Undisturbed();
  After observer(3, [] { throw std::bad_alloc(); });
  const std::string error = Failure(observer);
  EXPECT_THAT(error, HasSubstr("not enough memory after iteration 3"));
  EXPECT_THAT(error, HasSubstr("The checkpoint of iteration 3"));
  ExpectResumes(undisturbed);
}

TEST_F(TrainingErrors, WhatAnObserverThrowsPassesThrough) {
  const auto undisturbed = Undisturbed();
  After observer(5, [] { throw std::logic_error("theirs"); });
  EXPECT_THROW(Train(observer), std::logic_error);
  EXPECT_THAT(observer.notices, HasSubstr("The checkpoint of iteration 5"));
  ExpectResumes(undisturbed);
}

TEST_F(TrainingErrors, AValidationThatFailsCostsNothingAndIsDoneAgain) {
  const auto undisturbed = Undisturbed();
  After observer(0, [] { throw Error(ErrorCode::kIo, "no picture", "Look for it."); });
  EXPECT_THAT(Failure(observer), HasSubstr("The checkpoint of iteration 4"));
  ExpectResumes(undisturbed);
}

TEST_F(TrainingErrors, ABestModelThatCannotBeWrittenIsWrittenLater) {
  const auto undisturbed = Undisturbed();
  for (const char* file : {"best.safetensors", "metrics.json"}) {
    After observer(4, [&] { fs::create_directory(Path(std::string("run/") + file)); });
    const std::string error = Failure(observer);
    EXPECT_THAT(error, HasSubstr(file));
    EXPECT_THAT(error, HasSubstr("The checkpoint of iteration 4"));
    fs::remove(Path(std::string("run/") + file));
    ExpectResumes(undisturbed);
    fs::remove_all(Path("run"));
  }
}

TEST_F(TrainingErrors, AFolderThatWasRemovedIsNotToBeResumed) {
  for (const int iteration : {1, 2, 3}) {  // before a checkpoint, right after it, and later
    After observer(iteration, [&] { fs::remove_all(Path("run")); });
    const std::string error = Failure(observer);
    EXPECT_THAT(error, HasSubstr("run/lock was removed or replaced")) << iteration;
    EXPECT_THAT(error, testing::ContainsRegex("What was learnt in [0-9]+ iterations is lost: there is no checkpoint"));
    EXPECT_THAT(error, testing::Not(HasSubstr("--resume"))) << iteration;
    EXPECT_FALSE(fs::exists(Path("run")));
  }
}

TEST_F(TrainingErrors, WhereNoCheckpointCanBeWrittenTheLossIsSaid) {
  const auto undisturbed = Undisturbed();
  {
    std::unique_ptr<test::FileSizeLimit> limit;
    After observer(3, [&] { limit = std::make_unique<test::FileSizeLimit>(3000); });
    const std::string error = Failure(observer);
    EXPECT_THAT(error, HasSubstr("File too large"));
    EXPECT_THAT(error, HasSubstr("What was learnt after iteration 2 is lost; fcn train --resume"));
  }
  EXPECT_EQ(Saved(), 2);
  ExpectResumes(undisturbed);
  fs::remove_all(Path("run"));
  std::unique_ptr<test::FileSizeLimit> limit;
  After observer(1, [&] { limit = std::make_unique<test::FileSizeLimit>(3000); });
  EXPECT_THAT(Failure(observer), HasSubstr("What was learnt in 2 iterations is lost: there is no checkpoint."));
}

TEST_F(TrainingErrors, ACheckpointThatIsAskedForIsWrittenAndTheTrainingGoesOn) {
  std::atomic<bool> checkpoint = false;
  // Looks after the validation of iteration 4, within which the second one is asked for.
  class Looks final : public TrainingObserver {
   public:
    Looks(std::atomic<bool>& checkpoint, std::function<int64_t()> saved)
        : checkpoint_(checkpoint), saved_(std::move(saved)) {}
    void OnIteration(const TrainingProgress& progress) override {
      if (progress.iteration == 3) checkpoint_ = true;
      if (progress.iteration == 4) {
        EXPECT_EQ(saved_(), 3);
        checkpoint_ = true;
      }
    }
    void OnValidating(size_t done, size_t) override {
      if (done == 2) {
        EXPECT_EQ(saved_(), 4) << "it waited for the end of the validation";
      }
    }

   private:
    std::atomic<bool>& checkpoint_;
    std::function<int64_t()> saved_;
  } observer(checkpoint, [&] { return Saved(); });
  config_.checkpoint_interval = 100;
  config_.max_iters = 4;
  const Context context(1);
  const std::atomic<bool> stop = false;
  EXPECT_EQ(TrainingRun(config_, {}, context, observer).Run(stop, &checkpoint).end, TrainingEnd::kDone);
  EXPECT_FALSE(checkpoint);
}

}  // namespace
}  // namespace fcn
