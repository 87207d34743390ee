// The paper's trainings of several inputs and of several heads, on small trees of NYUDv2's and SIFT Flow's layouts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "data/mat_samples.h"
#include "fcn/drawing.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "models/import.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "segment/predictor/predictor.h"
#include "support/dashes.h"
#include "train/checkpoint.h"
#include "train/test_files.h"
#include "train/training_run.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;
using test::Dashes;

constexpr int kWidth = 64, kHeight = 48;

class Fusion : public testing::Test {
 protected:
  fs::path Path(const std::string& name) const {
    fs::create_directories((folder_ / "data" / name).parent_path());
    return folder_ / "data" / name;
  }
  void Picture(const std::string& name, uint64_t seed) const {
    WriteRgbPng(Path(name), Dashes(kWidth, kHeight, seed, 4));
  }
  void Mat(const std::string& name, const std::string& variable, const std::function<double(int, int)>& value) const {
    const test::MatWriter writer;
    WriteFile(Path(name), writer.File({writer.Numbers(variable, kWidth, kHeight, test::kMatInt16, value)}));
  }

  void Nyud() const {
    for (int i = 1; i <= 4; i++) {
      const std::string file = "img_" + std::to_string(i);
      Picture("data/images/" + file + ".png", static_cast<uint64_t>(i));
      Picture("data/hha/" + file + ".png", static_cast<uint64_t>(10 + i));
      std::vector<uint16_t> depth;
      depth.reserve(kWidth * kHeight);
      for (int p = 0; p < kWidth * kHeight; p++) depth.push_back(p % 7 == 0 ? 0 : static_cast<uint16_t>(500 + p));
      WriteGrey16Png(Path("data/depth/" + file + ".png"), depth.data(), kWidth, kHeight);
      Mat("segmentation/" + file + ".mat", "segmentation", [&](int x, int y) { return (x / 16 + y / 16 + i) % 41; });
    }
    WriteFile(Path("train.txt"), std::string("1\n2\n"));
    WriteFile(Path("val.txt"), std::string("3\n"));
    WriteFile(Path("test.txt"), std::string("4\n"));
  }

  void SiftFlow() const {
    const std::string scenes = "/spatial_envelope_256x256_static_8outdoorcategories/";
    for (int i = 1; i <= 3; i++) {
      const std::string name = scenes + "scene" + std::to_string(i);
      Picture("Images" + name + ".jpg", static_cast<uint64_t>(i));
      Mat("SemanticLabels" + name + ".mat", "S", [&](int x, int y) { return (x / 16 + y / 16 + i) % 34; });
      Mat("GeoLabels" + name + ".mat", "S", [&](int x, int y) { return (x / 16 + y / 16 + i) % 4 - 1; });
    }
    WriteFile(Path("trainval.txt"), std::string("scene1\nscene2\n"));
    WriteFile(Path("test.txt"), std::string("scene3\n"));
  }

  /// The committed configuration on small pictures and, in place of VGG16, whose weights take gigabytes, on a network
  /// of the same form.
  TrainConfig Configuration(const std::string& name, const std::string& model) const {
    TrainConfig config = ReadConfig(fs::path(FCN_CONFIGS) / "paper" / (name + ".toml"));
    config.model = model;
    config.data = (folder_ / "data").string(), config.output = (folder_ / name).string();
    config.crop_size = {kWidth, kHeight};
    config.upsampling = UpsamplingMethod::kUsual;
    config.lr = 1e-7;  // of a sum over some thousand pixels
    config.max_iters = 3, config.val_interval = 3, config.log_interval = 1, config.checkpoint_interval = 3;
    return config;
  }

  ModelContents Train(const TrainConfig& config) const {
    struct : TrainingObserver {
    } observer;
    const Context context(2);
    const std::atomic<bool> stop = false;
    EXPECT_EQ(TrainingRun(config, {}, context, observer).Run(stop).end, TrainingEnd::kDone);
    const Checkpoint checkpoint = LoadCheckpoint(RunFiles(config.output).latest);
    int losses = 0;
    for (const auto& entry : checkpoint.history)
      if (const auto* step = std::get_if<TrainingEntry>(&entry)) {
        EXPECT_TRUE(std::isfinite(step->loss));
        EXPECT_GT(step->loss, 0);
        losses++;
      }
    EXPECT_EQ(losses, config.max_iters);
    return LoadModel(RunFiles(config.output).model);
  }

  TemporaryFolder folder_;
};

TEST_F(Fusion, NyudsColourDepthAndHhaAlone) {
  Nyud();
  for (const char* name : {"nyud-fcn32s-color", "nyud-fcn32s-hha"}) {
    const ModelContents model = Train(Configuration(name, "fcn32s-efficientnet-lite0"));
    EXPECT_EQ(model.head().classes.size(), 40u);
    EXPECT_EQ(model.inputs.size(), 1u);
    EXPECT_EQ(model.input().preprocessing.mean.size(), 3u);
  }
}

TEST_F(Fusion, NyudsEarlyFusionTakesTheLogarithmOfDepth) {
  Nyud();
  const ModelContents model = Train(Configuration("nyud-fcn32s-color-d", "fcn32s-efficientnet-lite0"));
  ASSERT_EQ(model.inputs.size(), 2u);
  EXPECT_EQ(model.inputs[1].preprocessing.order, Preprocessing::Order::kLogs);
  EXPECT_EQ(model.inputs[1].preprocessing.mean[0], 7.844f);
  EXPECT_EQ(model.weights.at("backbone._conv_stem.weight").shape[1], 4);
}

TEST_F(Fusion, NyudsLateFusionHasATowerForEach) {
  Nyud();
  const ModelContents model = Train(Configuration("nyud-fcn32s-color-hha", "fcn8s-efficientnet-lite0-late-fusion"));
  ASSERT_EQ(model.inputs.size(), 2u);
  for (const char* tower : {"towers.color.", "towers.hha."}) {
    const std::string name = tower;
    EXPECT_EQ(model.weights.at(name + "backbone._conv_stem.weight").shape[1], 3);
    EXPECT_EQ(model.weights.at(name + "score32.weight").shape[0], 40);
    float largest = 0;
    for (const float weight : model.weights.at(name + "score32.weight").ToFloats())
      largest = std::max(largest, std::abs(weight));
    EXPECT_GT(largest, 0) << name << " learned nothing";
  }
}

/// The network itself, but for the channels of its fully connected layers.
TEST_F(Fusion, NyudsLateFusionIsOfVgg16) {
  Nyud();
  TrainConfig config = Configuration("nyud-fcn32s-color-hha", "fcn32s-vgg16-late-fusion");
  config.upsampling = UpsamplingMethod::kBilinear, config.fc_channels = 16;
  config.max_iters = config.val_interval = config.checkpoint_interval = 1;
  const ModelContents model = Train(config);
  EXPECT_EQ(model.weights.at("towers.color.features.0.weight").shape,
            model.weights.at("towers.hha.features.0.weight").shape);
  EXPECT_EQ(model.weights.at("towers.hha.score_fr.weight").shape, (Shape{40, 16, 1, 1}));
  EXPECT_EQ(model.weights.at("upscore.weight").shape, (Shape{40, 40, 64, 64}));
}

TEST_F(Fusion, SiftFlowsHeadsLearnJointly) {
  SiftFlow();
  for (const char* name : {"siftflow-fcn32s", "siftflow-fcn16s", "siftflow-fcn8s"}) {
    const std::string stride = std::string(name).substr(9);
    const ModelContents model = Train(Configuration(name, stride + "-efficientnet-lite0"));
    ASSERT_EQ(model.heads.size(), 2u);
    EXPECT_EQ(model.heads[0].classes.size(), 33u);
    EXPECT_EQ(model.heads[1].name, "geometric");
    EXPECT_EQ(model.heads[1].classes.size(), 3u);
    EXPECT_EQ(model.weights.at("heads.geometric.score32.weight").shape[0], 3);
  }
}

/// Half of each of two equal scores is the score, bit by bit; halves of others are their mean.
TEST(LateFusion, IsTheMeanOfItsTowers) {
  const ZooEntry& alone = FindModel("fcn8s-efficientnet-lite0");
  const ZooEntry& fused = FindModel("fcn8s-efficientnet-lite0-late-fusion");
  const Ports one({{"a", 3}}, {{"", 4}}), two({{"a", 3}, {"b", 3}}, {{"", 4}});
  const std::vector<HeadRole> heads = {{.classes = {"1", "2", "3", "4"}}};
  const Context context(2);
  const auto scores = [&](const ModelContents& model, std::span<const Tensor> inputs) {
    Predictor predictor(NetworkOf(model), {}, context);
    const AnyTensor answer = predictor.Scores(inputs);
    const std::span<const float> values = answer.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  const auto add_noise = [](std::vector<Tensor>& inputs, uint64_t seed) {
    Tensor& input = inputs.emplace_back(Nhwc{1, 32, 40, 3});
    std::ranges::copy(RandomParameter("noise.weight", {1, 32, 40, 3}, seed).ToFloats(), input.data());
  };
  std::vector<Tensor> inputs, same;
  for (const uint64_t seed : {1, 2}) add_noise(inputs, seed), add_noise(same, 1);
  // Weights of one are those of both towers.
  const NamedTensors weights = RandomWeights(alone.build(one), 5);
  const ModelContents single = MakeModel(alone, one, weights, heads);
  const Imported both = ImportWeights(
      fused, {.file = "w", .tensors = weights, .architecture = {}, .notes = {}, .model = {}, .inputs = {}},
      {.inputs = {{"a", 3}, {"b", 3}}, .heads = {{.classes = heads[0].classes}}});
  EXPECT_TRUE(both.report.initialised.empty());
  const std::vector<float> first = scores(single, std::span(inputs).first(1)),
                           second = scores(single, std::span(inputs).last(1));
  EXPECT_EQ(scores(both.model, same), first);
  const std::vector<float> mixed = scores(both.model, inputs);
  ASSERT_EQ(mixed.size(), first.size());
  EXPECT_NE(first, second);
  for (size_t i = 0; i < first.size(); i++)
    ASSERT_NEAR(mixed[i], (first[i] + second[i]) / 2, 1e-4f * (1 + std::abs(first[i]) + std::abs(second[i])));
}

}  // namespace
}  // namespace fcn
