// Trainings through the public headers: on files, on data of one's own, and step by step.

#include "fcn/train.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "fcn/evaluate.h"
#include "fcn/files.h"
#include "fcn/history.h"
#include "fcn/learner.h"
#include "fcn/png.h"
#include "fcn/scenes.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using Content = std::map<std::string, std::vector<uint8_t>>;

/// Scenes that are drawn when they are asked for.
class Scenes : public Dataset {
 public:
  Scenes(uint64_t seed, size_t size, std::vector<HeadInfo> heads)
      : seed_(seed), size_(size), heads_(std::move(heads)) {}
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return size_; }
  std::string name(size_t i) const override { return Get(i).name; }
  Sample Get(size_t i) const override {
    return GenerateScene(seed_, static_cast<int64_t>(i), {.width = 64, .height = 48});
  }
  std::pair<int, int> picture_size(size_t) const override { return {64, 48}; }

 private:
  uint64_t seed_;
  size_t size_;
  std::vector<HeadInfo> heads_;
};

Runtime OneThread() {
  RuntimeOptions options;
  options.threads = 1;
  return Runtime(options);
}

/// Ends a training after an iteration.
class StopAfter final : public TrainingObserver {
 public:
  explicit StopAfter(int64_t last = -1) : last_(last) {}
  void OnIteration(const TrainingProgress& at) override { stop = at.iteration == last_; }
  std::atomic<bool> stop = false;

 private:
  int64_t last_;
};

class TrainerTest : public testing::Test {
 protected:
  void SetUp() override {
    WriteScenes("train", 1, 5);
    WriteScenes("val", 2, 2);
    WriteFile(folder_ / "scenes/classes.txt", std::string("sky\nbuilding\nroad\npavement\ntree\ncar\nperson\n"));
    config_.model = "fcn32s-efficientnet-lite0";
    config_.data = (folder_ / "scenes").string();
    config_.output = (folder_ / "run").string();
    config_.crop_size = {64, 48};
    config_.batch_size = 2;
    config_.max_iters = 3;
    config_.lr_schedule = Schedule::kConstant;
    config_.log_interval = 1, config_.val_interval = 2, config_.checkpoint_interval = 1;
  }

  void WriteScenes(const std::string& split, uint64_t seed, int count) {
    const fs::path place = folder_ / "scenes" / split;
    fs::create_directories(place / "images");
    fs::create_directories(place / "masks");
    for (int i = 0; i < count; i++) {
      const Sample scene = GenerateScene(seed, i, {.width = 64, .height = 48});
      const std::vector<uint8_t> labels(scene.labels[0].labels.begin(), scene.labels[0].labels.end());
      WriteRgbPng(place / "images" / (scene.name + ".png"), ToImage(scene.inputs[0]));
      WriteIndexedPng(place / "masks" / (scene.name + ".png"), labels.data(), 64, 48, ScenePalette());
    }
  }

  std::shared_ptr<const Dataset> Files(const std::string& split) const {
    return OpenDataset(DatasetOptionsOf(config_, split));
  }
  /// The same samples without files.
  TrainingDatasets Drawn() const {
    const std::vector<HeadInfo> heads = Files("train")->heads();
    return {std::make_shared<Scenes>(1, 5, heads), std::make_shared<Scenes>(2, 2, heads)};
  }

  /// The files of the run, which is removed.
  Content TakeRun() const {
    Content content;
    for (const auto& entry : fs::directory_iterator(config_.output))
      content[entry.path().filename().string()] = ReadFile(entry.path());
    fs::remove_all(config_.output);
    return content;
  }

  Content Train(const TrainingDatasets& data = {}) const {
    TrainingObserver observer;
    EXPECT_EQ(Trainer(config_, Runtime(), observer, data).Run().end, TrainingEnd::kDone);
    return TakeRun();
  }

  test::TemporaryFolder folder_;
  TrainConfig config_;
};

TEST_F(TrainerTest, DataOfOnesOwnGiveTheBytesThatTheirFilesGive) {
  Content files = Train(), drawn = Train(Drawn());
  EXPECT_EQ(files.size(), 6u);
  // A checkpoint has a fingerprint of the files.
  files.erase("latest.checkpoint"), drawn.erase("latest.checkpoint");
  EXPECT_TRUE(files == drawn);
  config_.val_split.clear();
  files = Train();
  config_.val_split = "val";
  TrainingDatasets unvalidated = Drawn();
  unvalidated.validation = nullptr;
  drawn = Train(unvalidated);
  files.erase("latest.checkpoint"), drawn.erase("latest.checkpoint");
  EXPECT_TRUE(files == drawn);
}

TEST_F(TrainerTest, DataOfOnesOwnNeedNoFolderAndNoSizes) {
  class Sizeless : public Scenes {
   public:
    using Scenes::Scenes;
    std::pair<int, int> picture_size(size_t) const override { return {0, 0}; }
  };
  const Content alone = Train(Drawn());
  const TrainingDatasets data = {std::make_shared<Sizeless>(1, 5, Files("train")->heads()), Drawn().validation};
  config_.data.clear();
  const Content sizeless = Train(data);
  EXPECT_TRUE(sizeless.at("model.safetensors") == alone.at("model.safetensors"));
}

TEST_F(TrainerTest, ATrainingOnDataOfOnesOwnGoesOn) {
  const TrainingDatasets data = Drawn();
  const Content alone = Train(data);
  StopAfter observer(1), rest;
  EXPECT_EQ(Trainer(config_, Runtime(), observer, data).Run(observer.stop).end, TrainingEnd::kInterrupted);
  const fs::path latest = RunFiles(config_.output).latest;
  EXPECT_EQ(CheckpointConfig(latest).model, config_.model);
  // Other names are other data.
  TrainingDatasets others = data;
  others.training = std::make_shared<Scenes>(1, 6, data.training->heads());
  ExpectError(ErrorCode::kInput, "began with 5 pictures", [&] { Trainer(config_, latest, Runtime(), rest, others); });
  std::vector<HeadInfo> renamed = data.training->heads();
  renamed[0].classes[1] = "house";
  others = {std::make_shared<Scenes>(1, 5, renamed), std::make_shared<Scenes>(2, 2, renamed)};
  ExpectError(ErrorCode::kInput, "house", [&] { Trainer(config_, latest, Runtime(), rest, others); });
  EXPECT_EQ(Trainer(config_, latest, OneThread(), rest, data).Run(rest.stop).end, TrainingEnd::kDone);
  EXPECT_TRUE(TakeRun() == alone);
}

TEST_F(TrainerTest, RefusesDataThatCannotBeLearntFrom) {
  TrainingObserver observer;
  const auto refused = [&](const std::string& message, const TrainingDatasets& data) {
    ExpectError(ErrorCode::kUsage, message, [&] { Trainer(config_, Runtime(), observer, data); });
  };
  refused("none to learn from", {nullptr, Drawn().validation});
  refused("has no pictures", {std::make_shared<Scenes>(1, 0, Drawn().training->heads()), nullptr});
  refused("has no pictures, or no head", {std::make_shared<Scenes>(1, 5, std::vector<HeadInfo>()), nullptr});
  EXPECT_FALSE(fs::exists(RunFiles(config_.output).config));
}

TEST_F(TrainerTest, TheModelIsThatOfItsFiles) {
  TrainingObserver observer;
  Trainer trainer(config_, Runtime(), observer);
  const Model untrained = trainer.model();
  const TrainingResult result = trainer.Run();
  EXPECT_NE(untrained.Bytes(), trainer.model().Bytes());
  EXPECT_EQ(trainer.model().Bytes(), ReadFile(RunFiles(config_.output).model));
  // What the log says of the last validation is what anybody finds.
  const Evaluation found = Evaluate(trainer.model(), *Files("val"));
  const History history = ReadHistory(RunFiles(config_.output).log);
  EXPECT_EQ(std::get<ValidationEntry>(history.back()).mean_iu(), MeanIu(found.scores()));
  EXPECT_EQ(found.names.size(), 2u);
  EXPECT_EQ(result.iterations, 3);
}

TEST_F(TrainerTest, ALearnerFedAsTheTrainerHasItsWeights) {
  TrainingObserver observer;
  for (const Solver solver : {Solver::kAdamW, Solver::kSgd}) {
    config_.optimiser = solver;
    Trainer trainer(config_, Runtime(), observer);
    Batches batches(Files("train"), trainer.model(), {.batch_size = 2, .crop_size = {64, 48}});
    Learner learner(trainer.model(), {.optimiser = solver}, OneThread());
    trainer.Run();
    std::vector<double> losses;
    for (int64_t step = 0; step < config_.max_iters; step++)
      losses.push_back(learner.Step(batches.Next(), config_.lr).sum);
    EXPECT_EQ(learner.steps(), 3);
    EXPECT_TRUE(learner.model().Bytes() == trainer.model().Bytes());
    size_t step = 0;
    for (const HistoryEntry& entry : ReadHistory(RunFiles(config_.output).log))
      if (const auto* line = std::get_if<TrainingEntry>(&entry)) {
        EXPECT_EQ(line->loss, losses.at(step++));
      }
    fs::remove_all(config_.output);
  }
}

TEST_F(TrainerTest, ALearnerIsToldWhatToLearn) {
  TrainingObserver observer;
  const Model model = Trainer(config_, Runtime(), observer).model();
  Batches batches(Files("train"), model, {.batch_size = 2, .crop_size = {64, 48}, .seed = 3, .first = 4});
  const Batch batch = batches.Next();
  EXPECT_EQ(batch.index(), 4);
  EXPECT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.names().size(), 2u);
  EXPECT_EQ(batch.input().size(), size_t{2 * 64 * 48 * 3});
  EXPECT_EQ(batch.labels().size(), size_t{2 * 64 * 48});
  EXPECT_EQ(batches.per_epoch(), 3);

  const std::vector<std::string> names = model.weight_names();
  Learner frozen(model, {.frozen = {"backbone."}, .batch_norm = BatchNormMode::kFrozen});
  frozen.Step(batch, 0.01);
  const Model learnt = frozen.model();
  for (const std::string& name : names)
    if (name.starts_with("backbone.")) {
      EXPECT_EQ(learnt.weight(name).values, model.weight(name).values) << name;
    }
  EXPECT_NE(learnt.Bytes(), model.Bytes());

  const std::vector<double> all(7, 0.5);
  const double whole = Learner(model).Step(batch, 0.01).sum;
  // Weights of classes that are all alike change nothing but the loss's parts, which are divided by them again.
  EXPECT_NEAR(Learner(model, {.class_weights = {all}}).Step(batch, 0.01).sum, whole, 1e-5);
  ExpectError(ErrorCode::kUsage, "class_weights has 2 numbers for 7 classes", [&] {
    Learner(model, {.class_weights = {{1, 2}}});
  });
  ExpectError(ErrorCode::kUsage, "none of the heads", [&] { Learner(model, {.loss_weights = {{"depth", 2}}}); });
  ExpectError(ErrorCode::kUsage, "no parameter's name begins with", [&] { Learner(model, {.frozen = {"nothing."}}); });
  ExpectError(ErrorCode::kUsage, "momentum", [&] { Learner(model, {.momentum = 2}); });
  ExpectError(ErrorCode::kUsage, "a learning rate of nan", [&] { Learner(model).Step(batch, NAN); });
}

TEST_F(TrainerTest, BatchesAreOfTheModelsData) {
  TrainingObserver observer;
  const Model model = Trainer(config_, Runtime(), observer).model();
  std::vector<HeadInfo> fewer = Files("train")->heads();
  fewer[0].classes.pop_back(), fewer[0].palette.pop_back();
  const auto scenes = std::make_shared<Scenes>(1, 5, fewer);
  ExpectError(ErrorCode::kUsage, "heads of 6 classes, the model has", [&] { Batches(scenes, model); });
  ExpectError(ErrorCode::kUsage, "batch_size", [&] { Batches(Files("train"), model, {.batch_size = 0}); });
  // Pictures as they are, all of one size.
  Batches whole(Files("train"), model, {.batch_size = 1, .crop_size = {0, 0}, .scale = {1, 1}});
  EXPECT_EQ(whole.Next().width(), 64);
}

TEST_F(TrainerTest, SamplesThatAreNotWhatTheirDataSetSaysAreRefused) {
  class Wrong : public Scenes {
   public:
    using Scenes::Scenes;
    Sample Get(size_t i) const override {
      Sample sample = Scenes::Get(i);
      sample.labels[0].labels[5] = 40;
      return sample;
    }
  };
  TrainingObserver observer;
  const Model model = Trainer(config_, Runtime(), observer).model();
  const Wrong wrong(1, 2, Files("train")->heads());
  ExpectError(ErrorCode::kInput, "has the label 40, and there are 7 classes", [&] { Evaluate(model, wrong); });
}

}  // namespace
}  // namespace fcn
