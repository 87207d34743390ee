// Validation is planned before a training begins, and has a way past a picture that is too large. Reported in public as
// trainings that run for hours and die at their first validation (mmsegmentation 2297, 1745, 2108), which `--resume`
// then repeats for ever.
//
// What else of this kind was looked at:
// - `--max-memory` did not bind validation, nor the pictures to learn from, nor their cache: all are planned now, and
// the
//   cache takes what is left.
// - The figure that is printed at the start was that of a step alone.
// - Pictures that grow after the plan: the message names validation, the picture and its size; what was learnt is
// saved.
// - `fcn eval` of a large picture: named before the first picture is evaluated, with a way past it.
// - Pieces of a few pixels, a million of them, took minutes and no Ctrl-C: fewer than 4096 are refused, by train and
// eval,
//   and a stop is seen between pieces.
// - The check, which reads pictures side by side on all threads, keeps to the limit as well.
#include <regex>

#include "fcn/error.h"
#include "reproducers/training_data.h"
#include "train/checkpoint.h"
#include "train/training_run.h"

namespace fcn {
namespace {

using test::Halves;
using test::ProgramResult;
using testing::HasSubstr;

class ValidationMemory : public test::TrainingDataTest {
 protected:
  void SetUp() override {
    TrainingDataTest::SetUp();
    Pairs(3, Halves);
    Pair("q", 1000, 800, Halves);
    config_.model = "fcn32s-efficientnet-lite0";
    config_.data = Path("data"), config_.output = Path("run");
    config_.classes = {"a", "b"};
    config_.train_split = "[:3]", config_.val_split = "[3:]";
    config_.crop_size = {32, 32}, config_.batch_size = 2, config_.max_iters = 2, config_.val_interval = 1;
  }

  static inline const std::vector<std::string> kFlags = {"--classes",   "a,b",  "--train-split", "[:3]",
                                                         "--val-split", "[3:]", "--max-iters",   "2"};

  std::vector<std::string> Limited(std::vector<std::string> more) const {
    more.insert(more.begin(), kFlags.begin(), kFlags.end());
    return Train(more);
  }

  std::vector<uint8_t> ModelContents() const { return ReadFile(RunFiles(config_.output).model); }

  static CompileOptions Limit() {
    CompileOptions options;
    options.max_memory = 85'000'000;
    return options;
  }

  TrainConfig config_;
};

TEST_F(ValidationMemory, WhatDoesNotFitIsRefusedWithARemedyThatWorks) {
  const ProgramResult refused = Fcn(Limited({"--max-memory", "85M"}));
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("validating a picture of 1000x800 pixels would need"));
  EXPECT_THAT(refused.err, HasSubstr("the limit is 85 MB"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  std::smatch pixels;
  ASSERT_TRUE(std::regex_search(refused.err, pixels, std::regex("--val-max-pixels ([0-9]+)"))) << refused.err;
  const ProgramResult result = Fcn(Limited({"--max-memory", "85M", "--val-max-pixels", pixels[1]}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 of 1 validation pictures are validated in pieces"));
  EXPECT_THAT(result.err, HasSubstr("MB planned for validating"));
}

TEST_F(ValidationMemory, PiecesChangeNoWeights) {
  std::vector<std::vector<uint8_t>> models;
  for (const char* pixels : {"0", "0.1M"}) {
    const ProgramResult result = Fcn(Limited({"--val-max-pixels", pixels}));
    ASSERT_EQ(result.exit_code, 0) << result.err;
    models.push_back(ModelContents());
    std::filesystem::remove_all(Path("run"));
  }
  EXPECT_TRUE(models[0] == models[1]);
}

TEST_F(ValidationMemory, APictureThatGrewIsNamedAndNothingIsLost) {
  const Context context(2);
  TrainingObserver observer;
  std::atomic<bool> stop = false;
  Pair("q", 2000, 1600, Halves);
  std::filesystem::rename(Path("data/images/q.png"), Path("large.png"));
  std::filesystem::rename(Path("data/masks/q.png"), Path("large-mask.png"));
  Pair("q", 100, 80, Halves);
  {
    TrainingRun trainer(config_, Limit(), context, observer);
    std::filesystem::rename(Path("large.png"), Path("data/images/q.png"));
    std::filesystem::rename(Path("large-mask.png"), Path("data/masks/q.png"));
    try {
      trainer.Run(stop);
      ADD_FAILURE() << "it fits";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kMemory);
      EXPECT_THAT(error.message(), HasSubstr("validation after iteration 1: the picture q of 2000x1600 pixels"));
      EXPECT_THAT(error.hint(), HasSubstr("fcn train --resume " + config_.output + " --val-max-pixels"));
    }
  }
  const std::filesystem::path latest = RunFiles(config_.output).latest;
  EXPECT_EQ(LoadCheckpoint(latest).iteration, 1);
  config_.val_max_pixels = 65536;
  config_.check = false;  // it is another picture than the training began with (replaced_pictures_test.cc)
  // Its pixels alone are more than there was room for.
  CompileOptions limit = Limit();
  limit.max_memory += 30'000'000;
  EXPECT_EQ(TrainingRun(config_, latest, limit, context, observer).Run(stop).end, TrainingEnd::kDone);
}

TEST_F(ValidationMemory, AResumedTrainingMayChangeThePieces) {
  ASSERT_EQ(Fcn(Limited({"--max-time", "0.000001"})).exit_code, 0);
  const ProgramResult result = Fcn({"train", "--resume", Path("run"), "--max-time", "0", "--val-max-pixels", "100K"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("val_max_pixels was 0 and is 100000"));
}

TEST_F(ValidationMemory, EvaluatingNamesThePictureAndTheWayPastIt) {
  ASSERT_EQ(Fcn(Limited({})).exit_code, 0);
  std::vector<std::string> eval = {"eval",   "--model",      Path("run/model.safetensors"),
                                   "--data", Path("data"),   "--split",
                                   "[:]",    "--max-memory", "30M"};
  const ProgramResult refused = Fcn(eval);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("masks/q.png: evaluating a picture of 1000x800 pixels would need"));
  EXPECT_THAT(refused.err, testing::Not(HasSubstr("evaluating 1/4"))) << "it is said before the first is evaluated";
  EXPECT_THAT(refused.err, HasSubstr("--max-pixels-at-once"));
  eval.insert(eval.end(), {"--max-pixels-at-once", "65536"});
  const ProgramResult result = Fcn(eval);
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(ValidationMemory, PiecesOfNextToNothingAreRefused) {
  const ProgramResult train = Fcn(Limited({"--val-max-pixels", "1"}));
  EXPECT_EQ(train.exit_code, 2);
  EXPECT_THAT(train.err, HasSubstr("val_max_pixels is 1, and pieces of a picture have 4096 pixels or more"));
  EXPECT_FALSE(std::filesystem::exists(Path("run")));
  const ProgramResult eval =
      Fcn({"eval", "--model", ModelFile(), "--data", Path("data"), "--classes", "a,b,c", "--max-pixels-at-once", "1"});
  EXPECT_EQ(eval.exit_code, 2);
  EXPECT_THAT(eval.err, HasSubstr("--max-pixels-at-once 1 is too small"));
}

}  // namespace
}  // namespace fcn
