#include "fcn/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <thread>

#include "fcn/error.h"
#include "fcn/files.h"
#include "formats/safetensors.h"
#include "library/model_access.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/model.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A picture and its depth; classes, and whether a pixel is an edge.
ModelContents Several() {
  Graph graph;
  const Map image = AddImage(graph);
  const ValueId depth = graph.AddInput("d", 1);
  const Map both{graph.AddNode("both", Concat{}, {image.id, depth}), 4};
  const Map layer = AddConv(graph, "conv", "conv", both, 4, Square(3, 1, 1));
  graph.AddOutput(AddConv(graph, "objects", "objects", layer, 3, Square(1)).id);
  graph.AddOutput(AddConv(graph, "edge", "edge", layer, 1, Square(1)).id);
  ModelContents model;
  model.name = "small";
  model.graph = std::make_shared<const Graph>(graph);
  model.weights = RandomWeights(graph, 1);
  Preprocessing metres{.order = Preprocessing::Order::kBands, .mean = {1.5f}, .deviation = {0.7f}, .most = 65.535f};
  model.inputs = {{.name = "image", .preprocessing = kTorchvisionPreprocessing},
                  {.name = "depth", .preprocessing = metres}};
  model.heads = {{.name = "objects", .classes = {"nothing", "cat", "dog"}, .palette = {{}, {1, 2, 3}, {255, 0, 9}}},
                 {.name = "edges", .classes = {"no", "edge"}, .loss_weight = 0.5}};
  model.metadata["licence"] = "none";
  return model;
}

class ModelTest : public ::testing::Test {
 protected:
  std::vector<uint8_t> Bytes() const { return ReadFile(path_); }
  void Write(const std::vector<uint8_t>& bytes) const { WriteFile(path_, bytes); }

  test::TemporaryFolder folder_;
  std::string path_ = (folder_ / "model.safetensors").string();
  Runtime runtime_{{.threads = 2, .isa = {}}};
  Model model_ = ModelAccess::Make(Several()).WithGoldenVectors(runtime_);
};

TEST_F(ModelTest, SaysWhatItTakesAndGives) {
  EXPECT_EQ(model_.name(), "small");
  ASSERT_EQ(model_.inputs().size(), 2u);
  EXPECT_EQ(model_.inputs()[0], (ModelInput{"image", 3, kTorchvisionPreprocessing}));
  EXPECT_EQ(model_.inputs()[1].name, "depth");
  EXPECT_EQ(model_.inputs()[1].bands, 1);
  EXPECT_EQ(model_.inputs()[1].preprocessing.most, 65.535f);
  ASSERT_EQ(model_.heads().size(), 2u);
  EXPECT_EQ(model_.heads()[0],
            (ModelHead{"objects", {"nothing", "cat", "dog"}, {{}, {1, 2, 3}, {255, 0, 9}}, 1, false}));
  EXPECT_EQ(model_.heads()[1], (ModelHead{"edges", {"no", "edge"}, {}, 0.5, true}));
  EXPECT_FALSE(model_.is_classifier());
  EXPECT_TRUE(model_.is_trained());
  EXPECT_EQ(model_.metadata(), (std::map<std::string, std::string>{{"licence", "none"}}));
  EXPECT_TRUE(model_.precisions().empty());
}

TEST_F(ModelTest, FileAndMemoryGiveTheSame) {
  model_.Save(path_);
  EXPECT_EQ(Bytes(), model_.Bytes());
  const Model opened = Model::Open(path_);
  const Model from_memory = Model::FromMemory(Bytes(), "memory");
  for (const Model& model : {opened, from_memory}) {
    EXPECT_EQ(model.Bytes(), Bytes());
    EXPECT_EQ(model.inputs(), model_.inputs());
    EXPECT_EQ(model.heads(), model_.heads());
    const Verification found = model.Verify(runtime_);
    EXPECT_EQ(found.checksum, ChecksumResult::kMatches);
    ASSERT_EQ(found.golden.size(), 2u);
    EXPECT_EQ(found.golden[1].head, "edges");
    EXPECT_GT(found.golden[1].scores, 100u);
    EXPECT_TRUE(found.passed());
  }
}

TEST_F(ModelTest, GoldenVectorsKeepTheRuntimesLimitOfMemory) {
  const Runtime small({.threads = 1, .isa = {}, .max_memory = 1000});
  test::ExpectError(ErrorCode::kMemory, "", [&] { model_.Verify(small); });
  test::ExpectError(ErrorCode::kMemory, "", [&] { model_.WithGoldenVectors(small); });
}

TEST_F(ModelTest, MadeHereItHasNoChecksum) {
  const Verification found = model_.Verify(runtime_);
  EXPECT_EQ(found.checksum, ChecksumResult::kNone);
  EXPECT_TRUE(found.passed());
}

TEST_F(ModelTest, RefusesToReplaceAFile) {
  Write({1, 2, 3});
  test::ExpectError(ErrorCode::kUsage, path_, [&] { model_.Save(path_, IfExists::kRefuse); });
  EXPECT_EQ(Bytes(), (std::vector<uint8_t>{1, 2, 3}));
}

TEST_F(ModelTest, WeightsGoThereAndBack) {
  EXPECT_THAT(model_.weight_names(),
              ElementsAre("conv.bias", "conv.weight", "edge.bias", "edge.weight", "objects.bias", "objects.weight"));
  EXPECT_EQ(model_.weight_types(), (std::map<std::string, int64_t>{{"float32", 6}}));
  const Weight weight = model_.weight("conv.weight");
  EXPECT_THAT(weight.shape, ElementsAre(4, 4, 3, 3));
  EXPECT_EQ(weight.type, "float32");
  ASSERT_EQ(weight.values.size(), 144u);

  std::vector<float> values = weight.values;
  values[7] = 0.25f;
  const Model changed = model_.WithWeight("conv.weight", values);
  EXPECT_EQ(changed.weight("conv.weight").values, values);
  EXPECT_EQ(changed.weight("edge.bias").values, model_.weight("edge.bias").values);
  EXPECT_EQ(model_.weight("conv.weight").values, weight.values) << "the other stays as it is";
  EXPECT_NE(changed.Bytes(), model_.Bytes());
  EXPECT_EQ(changed.WithWeight("conv.weight", weight.values).WithGoldenVectors(runtime_).Bytes(), model_.Bytes());
  test::ExpectError(ErrorCode::kUnsupported, "no golden vectors", [&] { changed.Verify(runtime_); });

  values[3] = NAN;
  test::ExpectError(ErrorCode::kUsage, "infinite or no number", [&] { model_.WithWeight("conv.weight", values); });
  values.pop_back();
  test::ExpectError(ErrorCode::kUsage, "143 values for the weight \"conv.weight\", which is 4x4x3x3",
                    [&] { model_.WithWeight("conv.weight", values); });
  test::ExpectError(ErrorCode::kUsage, "Did you mean conv.weight?", [&] { model_.weight("conv.weigth"); });
  test::ExpectError(ErrorCode::kUsage, "no weight", [&] { model_.WithWeight("", values); });
}

TEST_F(ModelTest, AnswersThatAreNoNumbersAreRefused) {
  std::vector<float> values(144, 3e38f);
  test::ExpectError(ErrorCode::kInput, "small: with these weights the network's scores are infinite",
                    [&] { model_.WithWeight("conv.weight", values).WithGoldenVectors(runtime_); });
}

TEST_F(ModelTest, DamageIsFound) {
  model_.Save(path_);
  std::vector<uint8_t> bytes = Bytes();
  bytes[bytes.size() - 3] ^= 1;  // a weight
  Write(bytes);
  test::ExpectError(ErrorCode::kInput, path_ + " is damaged", [&] { Model::Open(path_); });
  test::ExpectError(ErrorCode::kInput, "memory is damaged", [&] { Model::FromMemory(bytes, "memory"); });
  const Verification found = Model::Open(path_, {.check = false}).Verify(runtime_);
  EXPECT_EQ(found.checksum, ChecksumResult::kDiffers);
  EXPECT_FALSE(found.passed());

  bytes.resize(bytes.size() - 1);
  test::ExpectError(ErrorCode::kInput, "memory", [&] { Model::FromMemory(bytes, "memory", {.check = false}); });
  test::ExpectError(ErrorCode::kInput, "empty", [&] { Model::FromMemory({}, "empty"); });
}

TEST_F(ModelTest, DamageThatContradictsItselfIsCalledDamage) {
  const std::vector<uint8_t> bytes = model_.Bytes();
  const std::string text(bytes.begin(), bytes.end());
  std::vector<uint8_t> damaged = bytes;
  damaged[text.find("Conv2d")] = 'X';
  test::ExpectError(ErrorCode::kInput, "memory is damaged",
                    [&] { Model::FromMemory(damaged, "memory", {.check = false}); });
}

TEST_F(ModelTest, VerifyNamesWeightsThatAreNoNumbers) {
  model_.Save(path_);
  SafetensorsFile file = ReadSafetensors(path_);
  std::vector<float> values = file.tensors.at("conv.weight").ToFloats();
  values[5] = values[9] = INFINITY;
  file.tensors["conv.weight"] = StoredTensor::FromFloats({4, 4, 3, 3}, values);
  file.metadata.erase("fcn.checksum");
  WriteSafetensors(path_, file.tensors, file.metadata);
  test::ExpectError(ErrorCode::kInput, "conv.weight", [&] { Model::Open(path_); });
  const Verification found = Model::Open(path_, {.check = false}).Verify(runtime_);
  EXPECT_EQ(found.checksum, ChecksumResult::kNone);
  ASSERT_EQ(found.not_finite.size(), 1u);
  EXPECT_EQ(found.not_finite[0].name, "conv.weight");
  EXPECT_EQ(found.not_finite[0].elements, 144);
  EXPECT_EQ(found.not_finite[0].count, 2);
  EXPECT_EQ(found.not_finite[0].first, 5);
  EXPECT_TRUE(found.golden.empty());
  EXPECT_FALSE(found.passed());
}

TEST_F(ModelTest, AnotherAnswerIsWrong) {
  ModelContents contents = *ModelAccess::ContentsOf(model_);
  contents.golden[0].scores[3] += 1;
  const Verification found = ModelAccess::Make(contents).Verify(runtime_);
  EXPECT_NEAR(found.golden[0].largest_difference, 1, 1e-3);
  EXPECT_FALSE(found.golden[0].passed());
  EXPECT_TRUE(found.golden[1].passed());
  EXPECT_FALSE(found.passed());
}

TEST_F(ModelTest, GoldenVectorsAreNoBombs) {
  Graph graph;
  Map layer = AddConv(graph, "conv", "conv", AddImage(graph), 4, Square(3, 1, 500));  // a million pixels
  for (int i = 0; i < 2000; i++) layer = AddOp(graph, "relu" + std::to_string(i), Relu{}, layer);
  graph.AddOutput(AddConv(graph, "objects", "objects", layer, 3, Square(1)).id);
  ModelContents deep = Several();
  deep.graph = std::make_shared<const Graph>(graph);
  deep.weights = RandomWeights(graph, 1);
  deep.inputs.resize(1), deep.heads.resize(1);
  deep.golden = {{.height = 3, .width = 3, .positions = {4}, .scores = {0.5f}, .tolerance = 1}};
  test::ExpectError(ErrorCode::kInput, "small: its golden vectors take",
                    [&] { ModelAccess::Make(deep).Verify(runtime_); });
}

TEST_F(ModelTest, CopiesOutliveTheFileAndMovesLeaveNoneEmpty) {
  model_.Save(path_);
  Model opened = Model::Open(path_);
  std::filesystem::remove(path_);
  const Model moved = std::move(opened);  // NOLINT(performance-move-const-arg): what is asked
  EXPECT_EQ(opened.name(), "small");      // NOLINT(bugprone-use-after-move): a copy
  EXPECT_EQ(moved.Bytes(), model_.Bytes());
}

TEST_F(ModelTest, ManyThreadsMayAskAtOnce) {
  const std::vector<uint8_t> wanted = model_.Bytes();
  const Model from_memory = Model::FromMemory(wanted, "memory");
  std::vector<std::thread> threads;
  std::vector<int> right(8);
  for (size_t i = 0; i < right.size(); i++)
    threads.emplace_back([&, i] {
      const Model copy = from_memory;  // NOLINT(performance-unnecessary-copy-initialization): made by all at once
      right[i] =
          copy.Verify(runtime_).passed() && copy.Bytes() == wanted && copy.weight("conv.bias").values.size() == 4;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, ::testing::Each(1));
}

}  // namespace
}  // namespace fcn
