#include "fcn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "fcn/error.h"
#include "fcn/model.h"
#include "library/test_digits.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::kDigits;
using ::testing::ElementsAre;

/// Depth and a picture, two heads.
constexpr const char* kTwo = R"(
input image channels=3
input depth channels=1
both = Concat(image, depth)
parameter a.weight 5x4x1x1
a = Conv2d(both, a.weight)
parameter b.weight 1x4x1x1
b = Conv2d(both, b.weight)
output a
output b
)";

class NetworkTest : public ::testing::Test {
 protected:
  Runtime runtime_{{.threads = 2, .isa = {}}};
  Network digits_ = Network::FromText(kDigits, "digits"), two_ = Network::FromText(kTwo, "two");
};

TEST_F(NetworkTest, TheZooIsBuiltByName) {
  const std::vector<ZooNetwork> zoo = Network::Zoo();
  ASSERT_GT(zoo.size(), 20u);
  EXPECT_EQ(zoo[0].name, "vgg16");
  EXPECT_FALSE(zoo[0].description.empty());
  const Network vgg = Network::Build("vgg16");
  EXPECT_TRUE(vgg.is_classifier());
  EXPECT_EQ(vgg.parameters(), 138357544);
  EXPECT_EQ(vgg.inputs()[0].preprocessing.crop, 224);
  EXPECT_EQ(vgg.heads()[0].classes.size(), 1000u);
  EXPECT_THAT(vgg.weight_shapes().at("features.0.weight"), ElementsAre(64, 3, 3, 3));
  test::ExpectError(ErrorCode::kUsage, "Did you mean fcn8s-vgg16?", [] { Network::Build("fcn8s-vgg1"); });
}

TEST_F(NetworkTest, IsBuiltForADataSetsInputsAndHeads) {
  const Network network = Network::Build(
      "fcn32s-efficientnet-lite0",
      {.inputs = {{"image"}, {"depth", 1}},
       .heads = {{.name = "class", .classes = {"a", "b", "c"}}, {.name = "edge", .classes = {"no", "yes"}}},
       .binary = true});
  ASSERT_EQ(network.inputs().size(), 2u);
  EXPECT_EQ(network.inputs()[0].bands, 3);
  EXPECT_EQ(network.inputs()[1].name, "depth");
  EXPECT_EQ(network.inputs()[1].preprocessing.order, Preprocessing::Order::kBands);
  ASSERT_EQ(network.heads().size(), 2u);
  EXPECT_THAT(network.heads()[0].classes, ElementsAre("a", "b", "c"));
  EXPECT_FALSE(network.heads()[0].binary);
  EXPECT_TRUE(network.heads()[1].binary);
  test::ExpectError(ErrorCode::kUsage, "one input and one head", [] {
    Network::Build("vgg16", {.inputs = {{"image"}, {"depth", 1}}, .heads = {}});
  });
  test::ExpectError(ErrorCode::kUsage, "at least one class",
                    [] { Network::Build("fcn32s-efficientnet-lite0", {.inputs = {}, .heads = {{.name = "class"}}}); });
}

TEST_F(NetworkTest, TextGoesThereAndBack) {
  EXPECT_EQ(Network::FromText(digits_.text(), "again").text(), digits_.text());
  EXPECT_EQ(digits_.name(), "digits");
  EXPECT_TRUE(digits_.is_classifier());
  EXPECT_EQ(digits_.inputs()[0], ModelInput());
  EXPECT_EQ(digits_.heads().size(), 1u);
  EXPECT_EQ(digits_.heads()[0], ModelHead());
  EXPECT_EQ(digits_.parameters(), 4 * 27 + 4 + 640 + 10);
  EXPECT_EQ(digits_.value_types(), (std::map<std::string, int64_t>{{"float32", 5}}));
  EXPECT_FALSE(two_.is_classifier());
  EXPECT_EQ(two_.inputs()[1].name, "depth");
  EXPECT_EQ(two_.inputs()[1].bands, 1);
  EXPECT_EQ(two_.heads()[0].name, "a");
  EXPECT_TRUE(two_.heads()[1].binary);

  test::ExpectError(ErrorCode::kInput, "mine: ", [] { Network::FromText("input image\n", "mine"); });
  test::ExpectError(ErrorCode::kInput, "mine has no input, or no output",
                    [] { Network::FromText("input image channels=3\n", "mine"); });
}

TEST_F(NetworkTest, AClassifierBecomesDense) {
  const Network dense = digits_.Dense(8, 8);
  EXPECT_FALSE(dense.is_classifier());
  EXPECT_THAT(dense.weight_shapes().at("fc.weight"), ElementsAre(10, 4, 4, 4));
  EXPECT_EQ(dense.parameters(), digits_.parameters());
  const Inspection at = dense.Inspect({.width = 40, .height = 24}, runtime_);
  EXPECT_THAT(at.layers.back().shape, ElementsAre(1, 24, 40, 10));
  test::ExpectError(ErrorCode::kInput, "", [&] { digits_.Dense(); });  // 224×224 are too many for 64 numbers
  test::ExpectError(ErrorCode::kInput, "is not a classifier", [&] { dense.Dense(8, 8); });
}

TEST_F(NetworkTest, InspectionSaysWhatALayerIsAndCosts) {
  const Inspection it = digits_.Inspect({.width = 8, .height = 8, .pictures = 2}, runtime_);
  ASSERT_EQ(it.layers.size(), 4u);
  const Layer& conv = it.layers[0];
  EXPECT_EQ(conv.name, "conv");
  EXPECT_EQ(conv.operation, "Conv2d");
  EXPECT_THAT(conv.shape, ElementsAre(2, 8, 8, 4));
  EXPECT_EQ(conv.type, "float32");
  EXPECT_EQ(conv.parameters, 4 * 27 + 4);
  EXPECT_EQ(conv.multiply_adds, 2 * 64 * 4 * 27);
  EXPECT_EQ(it.layers[2].place.y, (AxisMap{.scale = 2, .offset = 0.5, .receptive_field = 4}));
  EXPECT_EQ(it.multiply_adds, 2 * 64 * 4 * 27 + 2 * 640);
  EXPECT_EQ(it.parameters, digits_.parameters());
  EXPECT_EQ(it.weighted_layers, 2);
  EXPECT_EQ(it.largest_stride, 2);
  EXPECT_EQ(it.receptive_field, 4 + 3 * 2);
  EXPECT_GT(it.memory.peak(), 2 * 64 * 3 * 4);
  EXPECT_FALSE(it.training);

  const Inspection two = two_.Inspect({.width = 30, .height = 20, .training = true}, runtime_);
  ASSERT_EQ(two.heads.size(), 2u);
  EXPECT_EQ(two.heads[1].name, "b");
  EXPECT_EQ(two.heads[1].place.x.scale, 1);
  ASSERT_TRUE(two.training);
  EXPECT_EQ(two.training->weights, two_.parameters() * 4);
  EXPECT_EQ(two.training->momentum, two.training->weights);

  test::ExpectError(ErrorCode::kUsage, "is a classifier",
                    [&] { digits_.Inspect({.width = 8, .height = 8, .training = true}, runtime_); });
  test::ExpectError(ErrorCode::kUsage, "cannot be -1x8",
                    [&] { digits_.Inspect({.width = -1, .height = 8}, runtime_); });
  test::ExpectError(ErrorCode::kUsage, "0 pictures", [&] { two_.Inspect({.pictures = 0}, runtime_); });
}

TEST_F(NetworkTest, ModelsOfItBeginUntrained) {
  std::vector<ModelHead> heads = two_.heads();
  heads[0].classes = {"1", "2", "3", "4", "5"};
  heads[1].classes = {"edge"};
  Weight values{.shape = {1, 4, 1, 1}, .values = {1, 2, 3, 4}};
  const Model model = Model::Make(two_, two_.inputs(), heads, {{"b.weight", values}}, 7);
  EXPECT_EQ(model.name(), "two");
  EXPECT_EQ(model.network().text(), two_.text());
  EXPECT_THAT(model.heads()[1].classes, ElementsAre("background", "edge"));
  EXPECT_EQ(model.weight("b.weight").values, values.values);
  const std::vector<float> a = model.weight("a.weight").values;
  for (const float value : a) EXPECT_LE(std::abs(value), std::sqrt(6.0f / 4));
  EXPECT_EQ(Model::Make(two_, two_.inputs(), heads, {}, 7).weight("a.weight").values, a);
  EXPECT_NE(Model::Make(two_, two_.inputs(), heads, {}, 8).weight("a.weight").values, a);
  EXPECT_TRUE(model.WithGoldenVectors(runtime_).Verify(runtime_).passed());
  EXPECT_EQ(Model::FromMemory(model.Bytes(), "again").Bytes(), model.Bytes());

  const auto refused = [&](const std::string& part, const std::map<std::string, Weight>& weights) {
    test::ExpectError(ErrorCode::kInput, part, [&] { Model::Make(two_, two_.inputs(), heads, weights); });
  };
  refused("unexpected (\"c.weight\")", {{"c.weight", values}});
  refused("\"a.weight\" is 1x4x1x1, not 5x4x1x1", {{"a.weight", values}});
  values.values[2] = NAN;
  refused("b.weight", {{"b.weight", values}});
  values.values.pop_back();
  refused("has 3 values and is 1x4x1x1", {{"b.weight", values}});
  heads[0].classes.pop_back();
  refused("gives 5 scores for 4 classes", {});
}

TEST_F(NetworkTest, WhatNoNameTellsHowToBeginIsAsked) {
  const Network odd = Network::FromText(
      "input image channels=3\nparameter kernel 2x3x1x1\nc = Conv2d(image, kernel)\noutput c\n", "odd");
  const std::vector<ModelHead> heads = {{.classes = {"a", "b"}}};
  test::ExpectError(ErrorCode::kInput, "the parameter \"kernel\" of 2x3x1x1 does not say how it begins",
                    [&] { Model::Make(odd, odd.inputs(), heads); });
  EXPECT_NO_THROW(
      Model::Make(odd, odd.inputs(), heads, {{"kernel", {.shape = {2, 3, 1, 1}, .values = std::vector<float>(6)}}}));
}

TEST_F(NetworkTest, ManyThreadsMayAskAtOnce) {
  const Inspection wanted = two_.Inspect({.width = 30, .height = 20}, runtime_);
  std::vector<std::thread> threads;
  std::vector<int> right(8);
  for (size_t i = 0; i < right.size(); i++)
    threads.emplace_back([&, i] {
      const Network copy = two_;
      right[i] = copy.Inspect({.width = 30, .height = 20}, runtime_).memory.peak() == wanted.memory.peak() &&
                 Network::FromText(copy.text(), "x").text() == two_.text();
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, ::testing::Each(1));
}

}  // namespace
}  // namespace fcn
