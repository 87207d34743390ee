#include "fcn/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "fcn/error.h"
#include "formats/safetensors.h"
#include "library/test_digits.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace fcn {
namespace {

using test::kDigits;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ImportTest : public ::testing::Test {
 protected:
  NamedTensors DigitsWeights() const {
    return {{"conv.weight", RandomParameter("conv.weight", {4, 3, 3, 3}, 1)},
            {"conv.bias", RandomParameter("conv.bias", {4}, 1)},
            {"fc.weight", RandomParameter("fc.weight", {10, 64}, 1)},
            {"fc.bias", RandomParameter("fc.bias", {10}, 1)}};
  }
  void Write(const NamedTensors& tensors) const { WriteSafetensors(path_, tensors); }
  ImportedModel Into(const Network& network, const ImportOptions& options = {}) const {
    return Import(path_, network, options, runtime_);
  }

  test::TemporaryFolder folder_;
  std::string path_ = (folder_ / "weights.safetensors").string();
  Runtime runtime_{{.threads = 2, .isa = {}}};
  Network digits_ = Network::FromText(kDigits, "digits"), dense_ = digits_.Dense(8, 8);
};

TEST_F(ImportTest, AZooNetworkWithOtherInputs) {
  const ZooEntry& classifier = FindModel("efficientnet-lite0");
  Write(RandomWeights(classifier.build(1000), 3));
  const auto import = [&](const ImportOptions& options) {
    return Import(path_, "fcn32s-efficientnet-lite0", options, runtime_);
  };
  const auto [plain, plain_report] = import({.classes = {"road", "sky"}});
  EXPECT_EQ(plain.inputs(), (std::vector<ModelInput>{{"", 3, plain.inputs()[0].preprocessing}}));
  EXPECT_TRUE(plain_report.is_untrained());
  EXPECT_TRUE(plain.Verify(runtime_).passed());

  const std::vector<InputInfo> inputs = {{"image"}, {"depth", 1}};
  for (const NewBands mode : {NewBands::kMean, NewBands::kRepeat, NewBands::kZeros}) {
    const auto [model, report] = import({.classes = {"road", "sky"}, .inputs = inputs, .new_bands = mode});
    ASSERT_EQ(model.inputs().size(), 2u);
    EXPECT_EQ(model.inputs()[1].name, "depth");
    EXPECT_THAT(report.reshaped, ElementsAre("_conv_stem.weight"));
    EXPECT_THAT(report.notes, ::testing::Contains(HasSubstr(NewBandsName(mode))));
    const Weight first = model.weight("backbone._conv_stem.weight"), rgb = plain.weight("backbone._conv_stem.weight");
    EXPECT_THAT(first.shape, ElementsAre(32, 4, 3, 3));
    for (size_t i = 0; i < 9; i++) {
      const float red = rgb.values[i], mean = (red + rgb.values[9 + i] + rgb.values[18 + i]) / 3;
      EXPECT_EQ(first.values[i], red);
      EXPECT_NEAR(first.values[27 + i], mode == NewBands::kMean ? mean : mode == NewBands::kRepeat ? red : 0, 1e-6);
    }
  }
  test::ExpectError(ErrorCode::kUsage, "there is no network called", [&] { Import(path_, "nothing", {}, runtime_); });
  test::ExpectError(ErrorCode::kUsage, "comes twice", [&] { import({.classes = {"road", "road"}}); });
}

TEST_F(ImportTest, ANetworkOfOnesOwnByName) {
  Write(DigitsWeights());
  const auto [model, report] = Into(digits_, {.preprocessing = [] {
                                      Preprocessing p = kTensorflowPreprocessing;
                                      p.shorter_side = p.crop = 8;
                                      return p;
                                    }()});
  EXPECT_THAT(report.taken, ::testing::UnorderedElementsAre("conv.weight", "conv.bias", "fc.weight", "fc.bias"));
  EXPECT_TRUE(report.reshaped.empty() && report.ignored.empty() && report.initialised.empty());
  EXPECT_EQ(report.preprocessing, "tensorflow (as asked)");
  EXPECT_FALSE(report.is_untrained());
  EXPECT_EQ(model.name(), "digits");
  EXPECT_EQ(model.heads()[0].classes.front(), "class 0");
  EXPECT_TRUE(model.Verify(runtime_).passed());
}

TEST_F(ImportTest, AClassifiersWeightsFitItsDenseNetwork) {
  NamedTensors weights;
  for (const auto& [name, tensor] : DigitsWeights()) weights.emplace("model.net." + name, tensor);
  weights.emplace("step", RandomParameter("step.bias", {1}, 1));
  Write(weights);
  std::vector<std::string> classes;
  classes.reserve(10);
  for (int digit = 0; digit < 10; digit++) classes.push_back(std::to_string(digit));
  const auto [model, report] = Into(dense_, {.classes = classes, .preprocessing = kTensorflowPreprocessing});
  EXPECT_EQ(report.prefix, "model.net.");
  EXPECT_THAT(report.reshaped, ElementsAre("model.net.fc.weight"));
  EXPECT_THAT(report.ignored, ElementsAre("step"));
  EXPECT_EQ(model.heads()[0].classes, classes);
  EXPECT_EQ(model.inputs()[0].preprocessing, kTensorflowPreprocessing);
  EXPECT_EQ(model.weight("fc.weight").values, weights.at("model.net.fc.weight").ToFloats());
  EXPECT_EQ(Model::FromMemory(model.Bytes(), "memory").Bytes(), model.Bytes());
}

TEST_F(ImportTest, WhatTheFileLacksBeginsAnew) {
  NamedTensors weights = DigitsWeights();
  weights.erase("fc.bias");
  Write(weights);
  const auto [model, report] = Into(dense_);
  EXPECT_THAT(report.initialised, ElementsAre("fc.bias"));
  EXPECT_TRUE(report.is_untrained());
  EXPECT_THAT(model.weight("fc.bias").values, ::testing::Each(0.0f));

  // And what it has, where that is named.
  const auto [anew, said] = Into(dense_, {.new_layers = {"conv."}, .seed = 3});
  EXPECT_THAT(said.initialised, ElementsAre("conv.weight", "conv.bias", "fc.bias"));
  EXPECT_THAT(said.ignored, ElementsAre("conv.bias", "conv.weight"));
  const Weight first = anew.weight("conv.weight");
  EXPECT_EQ(first.values, RandomParameter("conv.weight", Shape(first.shape), 3).ToFloats());
  test::ExpectError(ErrorCode::kUsage, "no parameter's name begins with \"fc1\"",
                    [&] { Into(dense_, {.new_layers = {"fc1"}}); });
}

TEST_F(ImportTest, RefusesWhatDoesNotFit) {
  NamedTensors weights = DigitsWeights();
  weights["fc.weight"] = RandomParameter("fc.weight", {9, 64}, 1);
  Write(weights);
  test::ExpectError(ErrorCode::kInput, "\"fc.weight\" is 9x64, not 10x4x4x4", [&] { Into(dense_); });
  EXPECT_THAT(Into(dense_, {.new_head = ImportOptions::NewHead::kWhereNeeded}).report.initialised,
              ElementsAre("fc.weight"));

  weights = DigitsWeights();
  std::vector<float> values = weights["conv.bias"].ToFloats();
  values[2] = NAN;
  weights["conv.bias"] = StoredTensor::FromFloats({4}, values);
  Write(weights);
  test::ExpectError(ErrorCode::kInput, "1 of the 4 elements of \"conv.bias\" are infinite", [&] { Into(dense_); });

  Write({{"other.weight", weights["conv.weight"]}});
  test::ExpectError(ErrorCode::kInput, path_ + " has no weight of digits", [&] { Into(dense_); });
  Write(DigitsWeights());
  test::ExpectError(ErrorCode::kInput, "has no weight of digits behind \"ema\"",
                    [&] { Into(dense_, {.prefix = "ema"}); });
  test::ExpectError(ErrorCode::kUsage, "2 classes are named, and digits has 10 scores", [&] {
    Into(dense_, {.classes = {"a", "b"}});
  });
  test::ExpectError(ErrorCode::kUsage, "2 inputs are named, and digits has 1", [&] {
    Into(dense_, {.inputs = {{"image"}, {"depth", 1}}});
  });
  test::ExpectError(ErrorCode::kUsage, "has 3 bands", [&] { Into(dense_, {.inputs = {{"image", 4}}}); });
  test::ExpectError(ErrorCode::kIo, "nothing.pth", [&] { Import("nothing.pth", dense_, {}, runtime_); });
}

TEST_F(ImportTest, ManyThreadsMayImportAtOnce) {
  Write(DigitsWeights());
  const std::vector<uint8_t> wanted = Into(dense_).model.Bytes();
  std::vector<std::thread> threads;
  std::vector<int> right(4);
  for (size_t i = 0; i < right.size(); i++)
    threads.emplace_back([&, i] { right[i] = Into(dense_).model.Bytes() == wanted; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(right, ::testing::Each(1));
}

}  // namespace
}  // namespace fcn
