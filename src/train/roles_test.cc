// Trainings of several inputs and heads.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "fcn/files.h"
#include "fcn/png.h"
#include "fcn/scenes.h"
#include "graph/text.h"
#include "models/initialise.h"
#include "models/model.h"
#include "support/expect_error.h"
#include "support/one_band_tiff.h"
#include "train/checkpoint.h"
#include "train/start.h"
#include "train/test_files.h"
#include "train/training_run.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::ExpectError;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TextOf(const fs::path& path) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return {bytes.begin(), bytes.end()};
}

/// Ends a training after some of its iterations.
struct StopAfter final : TrainingObserver {
  explicit StopAfter(int64_t iterations = -1) : last(iterations) {}
  void OnIteration(const TrainingProgress& progress) override { stop = stop || progress.iteration == last; }
  void OnNotice(const std::string& text) override { notices += text + "\n"; }
  int64_t last;
  std::atomic<bool> stop = false;
  std::string notices;
};

class RolesTest : public testing::Test {
 protected:
  void SetUp() override {
    Scenes("train", 5);
    Scenes("val", 2);
    const std::string geometry = "ground\nvertical\nsky\n";
    WriteFile(folder_ / "scenes/classes.txt", std::string("sky\nbuilding\nroad\npavement\ntree\ncar\nperson\n"));
    WriteFile(folder_ / "scenes/classes-geometry.txt", geometry);
    WriteFile(folder_ / "scenes/classes-nature.txt", std::string("made\ngrown\n"));
    config_.model = "fcn8s-efficientnet-lite0";
    config_.data = (folder_ / "scenes").string();
    config_.output = (folder_ / "run").string();
    config_.inputs = {"image", "depth:1"};
    config_.heads = {"class", "geometry", "nature"};
    config_.loss_weights = {{"geometry", 0.5}};
    config_.binary = true;
    config_.class_weights.kind = ClassWeights::Kind::kMedian;
    config_.crop_size = {64, 48};
    config_.batch_size = 2;
    config_.max_iters = 4;
    config_.log_interval = 2, config_.val_interval = 2, config_.checkpoint_interval = 1;
  }

  void Scenes(const std::string& split, int count) {
    const fs::path place = folder_ / "scenes" / split;
    for (const char* folder : {"images", "images-depth", "masks", "masks-geometry", "masks-nature"})
      fs::create_directories(place / folder);
    for (int i = 0; i < count; i++) {
      const SceneOptions options{.width = 64, .height = 48, .depth = true, .geometry = true};
      const Sample scene = GenerateScene(split == "val" ? 2 : 1, i, options);
      const std::string file = scene.name + ".png";
      WriteRgbPng(place / "images" / file, ToImage(scene.inputs[0]));
      WriteGrey16Png(place / "images-depth" / file, scene.inputs[1].Of<uint16_t>().data(), 64, 48);
      const auto write = [&](const char* folder, std::vector<uint8_t> labels) {
        WriteIndexedPng(place / folder / file, labels.data(), 64, 48, ScenePalette());
      };
      const std::vector<uint16_t>& classes = scene.labels[0].labels;
      write("masks", {classes.begin(), classes.end()});
      write("masks-geometry", {scene.labels[1].labels.begin(), scene.labels[1].labels.end()});
      std::vector<uint8_t> nature;
      nature.reserve(classes.size());
      for (const uint16_t label : classes) nature.push_back(label == 0 || label == 4);
      write("masks-nature", nature);
    }
  }

  TrainingResult Train(StopAfter& observer, int threads = 2) {
    const Context context(threads);
    const fs::path latest = RunFiles(config_.output).latest;
    if (fs::exists(latest)) return TrainingRun(config_, latest, {}, context, observer).Run(observer.stop);
    return TrainingRun(config_, {}, context, observer).Run(observer.stop);
  }
  std::string Train() {
    StopAfter observer;
    EXPECT_EQ(Train(observer).end, TrainingEnd::kDone);
    return observer.notices;
  }

  std::map<std::string, std::vector<uint8_t>> TakeRun() {
    std::map<std::string, std::vector<uint8_t>> content;
    for (const auto& entry : fs::directory_iterator(config_.output))
      content[entry.path().filename().string()] = ReadFile(entry.path());
    fs::remove_all(config_.output);
    return content;
  }

  test::TemporaryFolder folder_;
  TrainConfig config_;
};

TEST_F(RolesTest, AStoppedTrainingEndsWithTheSameBytes) {
  Train();
  const auto alone = TakeRun();
  EXPECT_EQ(alone.size(), 6u);
  for (const int64_t last : {1, 2, 3}) {
    StopAfter stopping(last), rest;
    EXPECT_EQ(Train(stopping, 1).end, TrainingEnd::kInterrupted);
    EXPECT_EQ(Train(rest, 3).end, TrainingEnd::kDone);
    EXPECT_TRUE(TakeRun() == alone) << last;
  }
}

TEST_F(RolesTest, AFormIsTrainedAndResumedWithTheSameBytes) {
  config_.upsampling = UpsamplingMethod::kPaper, config_.skip_scale = 0.01;
  Train();
  const ModelContents model = LoadModel(RunFiles(config_.output).model);
  const auto is_bilinear = [&](const std::string& name) {
    const StoredTensor& filter = model.weights.at(name);
    return filter.ToFloats() == InitialParameter(name, filter.shape, 0).ToFloats();
  };
  for (const std::string head : {"", "heads.geometry.", "heads.nature."}) {
    EXPECT_TRUE(is_bilinear(head + "upscore8.weight")) << head;
    EXPECT_FALSE(is_bilinear(head + "upscore_to_score16.weight")) << head;
  }
  EXPECT_THAT(PrintGraph(*model.graph), HasSubstr("scale_8 = Scale("));
  const Checkpoint checkpoint = LoadCheckpoint(RunFiles(config_.output).latest);
  for (const auto& [state, tensors] : checkpoint.states)
    EXPECT_FALSE(tensors.contains("upscore8.weight") && state != "ema") << state;

  const auto alone = TakeRun();
  StopAfter stopping(2), rest;
  EXPECT_EQ(Train(stopping, 1).end, TrainingEnd::kInterrupted);
  EXPECT_EQ(Train(rest, 3).end, TrainingEnd::kDone);
  EXPECT_TRUE(TakeRun() == alone);
}

TEST_F(RolesTest, FilesSayWhichInputsAndHeadsThereAre) {
  Train();
  const RunFiles files(config_.output);
  const ModelContents model = LoadModel(files.model);
  ASSERT_EQ(model.inputs.size(), 2u);
  EXPECT_EQ(model.inputs[0].name, "image");
  EXPECT_EQ(model.inputs[0].preprocessing, kLitePreprocessing);
  EXPECT_EQ(model.inputs[1].name, "depth");
  EXPECT_EQ(model.inputs[1].preprocessing.order, Preprocessing::Order::kBands);
  EXPECT_GT(model.inputs[1].preprocessing.deviation[0], 0) << "it was measured";
  ASSERT_EQ(model.heads.size(), 3u);
  EXPECT_EQ(model.heads[0].name, "class");
  EXPECT_EQ(model.heads[1].loss_weight, 0.5);
  EXPECT_THAT(model.heads[2].classes, ElementsAre("made", "grown"));
  EXPECT_EQ(model.golden.size(), 3u);
  const auto channels = [&](size_t head) {
    return model.weights.at(head == 0 ? "score32.weight" : "heads." + model.heads[head].name + ".score32.weight")
        .shape[0];
  };
  EXPECT_EQ(channels(0), 7);
  EXPECT_EQ(channels(1), 3);
  EXPECT_EQ(channels(2), 1);

  const TrainConfig written = ReadConfig(files.config);
  EXPECT_TRUE(written.preprocessing.starts_with("image=lite;depth=bands:")) << written.preprocessing;
  const Checkpoint checkpoint = LoadCheckpoint(files.latest);
  ASSERT_EQ(checkpoint.history.size(), 4u);
  const auto& training = std::get<TrainingEntry>(checkpoint.history[0]);
  ASSERT_EQ(training.head_losses.size(), 3u);
  double sum = 0;
  for (const auto& [head, loss] : training.head_losses) sum += loss;
  EXPECT_NEAR(sum, training.loss, 1e-5);
  const auto& validation = std::get<ValidationEntry>(checkpoint.history[1]);
  ASSERT_EQ(validation.heads.size(), 3u);
  EXPECT_EQ(validation.heads[1].class_iu.size(), 3u);
  EXPECT_THAT(TextOf(files.metrics), HasSubstr("\"name\": \"nature\""));

  // A checkpoint is a beginning like a model: its heads and bands are not made anew.
  const std::string latest = (folder_ / "begin.checkpoint").string();
  fs::copy_file(files.latest, latest);
  TakeRun();
  config_.weights = latest;
  EXPECT_THAT(Train(), Not(HasSubstr("new, not from")));
  EXPECT_EQ(LoadModel(files.model).inputs[1], model.inputs[1]) << "its preprocessing is the file's";
}

/// A head keeps what its loss weighs, whatever its place, until somebody says otherwise.
TEST_F(RolesTest, HeadsOfTheWeightsAreMetByName) {
  for (const char* split : {"train", "val"})  // for the head class where it is not the first
    fs::copy(folder_ / "scenes" / split / "masks", folder_ / "scenes" / split / "masks-class");
  fs::copy(folder_ / "scenes/classes.txt", folder_ / "scenes/classes-class.txt");
  config_.max_iters = 1;
  Train();
  const ModelContents before = LoadModel(RunFiles(config_.output).model);
  config_.weights = (folder_ / "before.safetensors").string();
  fs::copy_file(RunFiles(config_.output).model, config_.weights);
  TakeRun();
  config_.heads = {"geometry", "class"}, config_.loss_weights.clear(), config_.binary = false, config_.lr = 1e-12;
  const std::string notices = Train();
  EXPECT_THAT(notices, HasSubstr("loss_weights as in " + config_.weights + ": geometry:0.5"));
  EXPECT_THAT(notices, Not(HasSubstr("new, not from")));
  const ModelContents after = LoadModel(RunFiles(config_.output).model);
  EXPECT_EQ(after.heads[0].loss_weight, 0.5);
  EXPECT_EQ(after.heads[1].loss_weight, 1);
  EXPECT_EQ(after.inputs, before.inputs);
  EXPECT_EQ(ReadConfig(RunFiles(config_.output).config).loss_weights, (std::vector<NamedFactor>{{"geometry", 0.5}}));
  const auto largest_difference = [&](const std::string& mine, const std::string& theirs) {
    const std::vector<float> a = after.weights.at(mine).ToFloats(), b = before.weights.at(theirs).ToFloats();
    EXPECT_EQ(a.size(), b.size());
    float largest = 0;
    for (size_t i = 0; i < std::min(a.size(), b.size()); i++) largest = std::max(largest, std::abs(a[i] - b[i]));
    return largest;
  };
  EXPECT_LT(largest_difference("score32.weight", "heads.geometry.score32.weight"), 1e-6f);
  EXPECT_LT(largest_difference("heads.class.score32.weight", "score32.weight"), 1e-6f);
  TakeRun();
  config_.heads = {"class", "geometry"}, config_.loss_weights = {{"geometry", 1}};
  EXPECT_THAT(Train(), Not(HasSubstr("loss_weights as in")));
}

TEST_F(RolesTest, TheSplitsHaveOneTypeOfSamples) {
  config_.max_iters = 1;
  const fs::path depths = folder_ / "scenes/val/images-depth";
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(depths)) files.push_back(entry.path());
  for (fs::path file : files) {
    fs::remove(file);
    WriteFile(file.replace_extension(".tif"), test::OneBandTiff(64, 48, std::vector<uint8_t>(64 * 48, 9)));
  }
  ExpectError(ErrorCode::kInput, "the pictures of the input depth are of uint16 in the split train and of uint8 in val",
              [&] { Train(); });
}

TEST_F(RolesTest, PreprocessingsAreAskedForByName) {
  config_.preprocessing = "depth=bands:12:14:0..255.996; image=unit";
  Train();
  const ModelContents model = LoadModel(RunFiles(config_.output).model);
  EXPECT_EQ(model.inputs[0].preprocessing, PreprocessingFromText("unit"));
  EXPECT_EQ(model.inputs[1].preprocessing.mean[0], 12);
  EXPECT_EQ(model.inputs[1].preprocessing.most, 255.996f);
  TakeRun();
  for (const char* wrong : {"lite", "depht=measured", "image=bands:1:1"}) {
    config_.preprocessing = wrong;
    ExpectError(ErrorCode::kUsage, "", [&] { Train(); });
  }
}

/// One head of the data alone is like any other training, but for its name.
TEST_F(RolesTest, ASecondLabelMapAlone) {
  config_.inputs.clear(), config_.heads = {"geometry"}, config_.loss_weights.clear(), config_.binary = false;
  config_.class_weights.kind = ClassWeights::Kind::kNone;
  Train();
  const ModelContents model = LoadModel(RunFiles(config_.output).model);
  EXPECT_EQ(model.input().name, "image");
  EXPECT_EQ(model.head().name, "geometry");
  EXPECT_THAT(model.head().classes, ElementsAre("ground", "vertical", "sky"));
  const Checkpoint checkpoint = LoadCheckpoint(RunFiles(config_.output).latest);
  EXPECT_TRUE(std::get<TrainingEntry>(checkpoint.history[0]).head_losses.empty());
}

TEST_F(RolesTest, WhatDoesNotFitTogetherIsRefused) {
  const auto refused = [&](const char* message, const std::function<void(TrainConfig&)>& change) {
    const TrainConfig kept = config_;
    change(config_);
    ExpectError(ErrorCode::kUsage, message, [&] { Train(); });
    config_ = kept;
  };
  refused("loss_weights names \"geometri\"", [](TrainConfig& c) { c.loss_weights = {{"geometri", 1}}; });
  refused("loss_weights names \"class\" twice", [](TrainConfig& c) { c.loss_weights = {{"class", 1}, {"class", 2}}; });
  refused("all loss_weights are 0", [](TrainConfig& c) {
    c.loss_weights = {{"class", 0}, {"geometry", 0}, {"nature", 0}};
  });
  refused("class_weights has numbers, and there are 3 heads", [](TrainConfig& c) {
    c.class_weights = {ClassWeights::Kind::kGiven, {1, 1, 1, 1, 1, 1, 1}};
  });
  refused("binary is true, and the data has 7 classes",
          [](TrainConfig& c) { c.heads.clear(), c.loss_weights.clear(); });
  refused("binary is true, and no head has two classes: class has 7, geometry has 3",
          [](TrainConfig& c) { c.heads.pop_back(); });
  refused("", [](TrainConfig& c) { c.inputs = {"image", "image"}; });
  refused("", [](TrainConfig& c) { c.heads = {"class", "1"}; });
}

}  // namespace
}  // namespace fcn
