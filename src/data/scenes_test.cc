#include "data/scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "support/expect_error.h"

namespace fcn {
namespace {

constexpr int kWidth = 256, kHeight = 192;

TEST(Scenes, AreAPureFunctionOfTheirArguments) {
  const Sample first = GenerateScene(3, 5, kWidth, kHeight), again = GenerateScene(3, 5, kWidth, kHeight);
  EXPECT_EQ(first.name, "scene_000005");
  EXPECT_EQ(first.image.rgb, again.image.rgb);
  EXPECT_EQ(first.labels.labels, again.labels.labels);
  EXPECT_NE(first.image.rgb, GenerateScene(3, 6, kWidth, kHeight).image.rgb);
  EXPECT_NE(first.image.rgb, GenerateScene(4, 5, kWidth, kHeight).image.rgb);
}

// The bytes are part of the contract: a recipe that names a seed means the same pictures on every machine.
TEST(Scenes, DoNotChange) {
  const Sample sample = GenerateScene(0, 0, kWidth, kHeight);
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : sample.image.rgb) hash = (hash ^ byte) * 0x100000001b3;
  for (const uint16_t label : sample.labels.labels) hash = (hash ^ label) * 0x100000001b3;
  EXPECT_EQ(hash, 2826408143579485627u)
      << "If the drawing was changed on purpose, say so in the change log and write the new value here.";
}

TEST(Scenes, HaveEveryClassSoonAndNoOther) {
  ASSERT_EQ(SceneClasses().size(), ScenePalette().size());
  std::vector<int> scenes_with(SceneClasses().size());
  for (int i = 0; i < 40; i++) {
    const Sample sample = GenerateScene(1, i, kWidth, kHeight);
    ASSERT_EQ(sample.image.rgb.size(), size_t{kWidth * kHeight * 3});
    ASSERT_EQ(sample.labels.labels.size(), size_t{kWidth * kHeight});
    for (const uint16_t label : std::set<uint16_t>(sample.labels.labels.begin(), sample.labels.labels.end())) {
      ASSERT_LT(label, SceneClasses().size());
      scenes_with[label]++;
    }
  }
  for (size_t c = 0; c < scenes_with.size(); c++) EXPECT_GE(scenes_with[c], 20) << SceneClasses()[c];
}

TEST(Scenes, OfAnySize) {
  for (const auto& [width, height] : {std::pair(16, 16), {17, 301}, {640, 33}, {479, 361}}) {
    const Sample sample = GenerateScene(0, 0, width, height);
    EXPECT_EQ(sample.image.width, width);
    EXPECT_EQ(sample.labels.height, height);
    EXPECT_EQ(sample.image.rgb.size(), sample.labels.labels.size() * 3);
  }
}

TEST(Scenes, RefusesSizesThatAreNone) {
  for (const auto& [width, height] : {std::pair(15, 100), {100, 0}, {-3, 100}, {4097, 100}, {100, 2000000000}})
    test::ExpectError(ErrorCode::kUsage, "cannot be drawn", [w = width, h = height] { GenerateScene(0, 0, w, h); });
}

/// The best that can be said of a pixel from its colour alone: for each of 16³ colours, the class that it most often
/// was.
class ColourClassifier {
 public:
  void Count(const Sample& sample) {
    for (size_t i = 0; i < sample.labels.labels.size(); i++) counts_[Bin(sample, i)][sample.labels.labels[i]]++;
  }
  size_t Predict(const Sample& sample, size_t pixel) const {
    const auto& counts = counts_[Bin(sample, pixel)];
    return static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  }

 private:
  static size_t Bin(const Sample& sample, size_t pixel) {
    const uint8_t* rgb = &sample.image.rgb[3 * pixel];
    return static_cast<size_t>((rgb[0] >> 4 << 8) | (rgb[1] >> 4 << 4) | (rgb[2] >> 4));
  }
  std::vector<std::array<int64_t, 7>> counts_ = std::vector<std::array<int64_t, 7>>(4096);
};

TEST(Scenes, ColourAloneFails) {
  ColourClassifier classifier;
  for (int i = 0; i < 200; i++) classifier.Count(GenerateScene(7, i, kWidth, kHeight));
  std::array<double, 7> both{}, either{};
  for (int i = 200; i < 300; i++) {
    const Sample sample = GenerateScene(7, i, kWidth, kHeight);
    for (size_t p = 0; p < sample.labels.labels.size(); p++) {
      const size_t predicted = classifier.Predict(sample, p), truth = sample.labels.labels[p];
      either[predicted]++;
      if (predicted == truth)
        both[truth]++;
      else
        either[truth]++;
    }
  }
  double mean = 0;
  for (size_t c = 0; c < 7; c++) {
    RecordProperty(SceneClasses()[c], std::to_string(both[c] / either[c]));
    mean += both[c] / either[c] / 7;
  }
  RecordProperty("mean_iu", std::to_string(mean));
  EXPECT_LT(mean, 0.45);
  EXPECT_GT(mean, 0.10);  // or the classifier, and not the scenes, would be to blame
}

}  // namespace
}  // namespace fcn
