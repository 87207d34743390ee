#include "fcn/scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "support/expect_error.h"

namespace fcn {
namespace {

constexpr int kWidth = 256, kHeight = 192;

const std::vector<uint8_t>& Rgb(const Sample& sample) { return sample.inputs[0].Of<uint8_t>(); }

uint64_t Hash(const auto& values, uint64_t hash = 0xcbf29ce484222325) {
  for (const auto value : values) hash = (hash ^ value) * 0x100000001b3;
  return hash;
}

TEST(Scenes, AreAPureFunctionOfTheirArguments) {
  const Sample first = GenerateScene(3, 5, {kWidth, kHeight}), again = GenerateScene(3, 5, {kWidth, kHeight});
  EXPECT_EQ(first.name, "scene_000005");
  EXPECT_EQ(Rgb(first), Rgb(again));
  EXPECT_EQ(first.labels[0].labels, again.labels[0].labels);
  EXPECT_NE(Rgb(first), Rgb(GenerateScene(3, 6, {kWidth, kHeight})));
  EXPECT_NE(Rgb(first), Rgb(GenerateScene(4, 5, {kWidth, kHeight})));
}

// The bytes are part of the contract: a recipe that names a seed means the same pictures on every machine.
TEST(Scenes, DoNotChange) {
  const Sample sample = GenerateScene(0, 0, {kWidth, kHeight});
  EXPECT_EQ(Hash(sample.labels[0].labels, Hash(Rgb(sample))), 2826408143579485627u)
      << "If the drawing was changed on purpose, say so in the change log and write the new value here.";
}

TEST(Scenes, MoreOfThemLeavesTheRestAsItIs) {
  const SceneOptions all{kWidth, kHeight, true, true, true};
  for (int i = 0; i < 8; i++) {
    const Sample plain = GenerateScene(2, i, {kWidth, kHeight}), covered = GenerateScene(2, i, all);
    const Sample more = GenerateScene(2, i, {kWidth, kHeight, true, true, false});
    ASSERT_EQ(plain.inputs.size() + plain.labels.size(), 2u);
    ASSERT_EQ(more.inputs.size() + more.labels.size(), 4u);
    EXPECT_EQ(more.inputs[0], plain.inputs[0]);
    EXPECT_NE(covered.inputs[0], plain.inputs[0]);
    EXPECT_EQ(covered.inputs[1], more.inputs[1]);
    for (const Sample* sample : {&more, &covered}) EXPECT_EQ(sample->labels[0].labels, plain.labels[0].labels);
  }
  const Sample sample = GenerateScene(0, 0, all);
  EXPECT_EQ(Hash(Rgb(sample)), 9774053437323728328u) << "the colours under camouflage";
  EXPECT_EQ(Hash(sample.inputs[1].Of<uint16_t>()), 460286256627636896u) << "the depths";
  EXPECT_EQ(Hash(sample.labels[1].labels), 11372945192844495122u) << "the geometry";
}

// The ground comes nearer from row to row, the sky has no surface, and what stands on the ground is as far as its foot.
TEST(Scenes, DepthAndGeometryAreTrue) {
  int64_t near = 0, pixels = 0;
  for (int i = 0; i < 8; i++) {
    const Sample sample = GenerateScene(5, i, {kWidth, kHeight, true, true});
    const std::vector<uint16_t>& depths = sample.inputs[1].Of<uint16_t>();
    const std::vector<uint16_t>&labels = sample.labels[0].labels, &geometry = sample.labels[1].labels;
    for (size_t p = 0; p < depths.size(); p++) {
      const bool is_sky = labels[p] == 0, is_ground = labels[p] == 2 || labels[p] == 3;
      ASSERT_EQ(geometry[p], is_sky ? 2 : is_ground ? 0 : 1);
      ASSERT_EQ(depths[p] == 0, is_sky);
      if (is_sky) continue;
      pixels++, near += depths[p] < 50 * kSceneDepthsPerMetre;
      const size_t above = p - kWidth;
      if (is_ground && p >= kWidth && geometry[above] == 0) {
        ASSERT_LE(depths[p], depths[above]) << i << " at " << p;
      }
    }
  }
  EXPECT_GT(near, pixels * 3 / 4);
}

TEST(Scenes, HaveEveryClassSoonAndNoOther) {
  ASSERT_EQ(SceneClasses().size(), ScenePalette().size());
  std::vector<int> scenes_with(SceneClasses().size());
  for (int i = 0; i < 40; i++) {
    const Sample sample = GenerateScene(1, i, {kWidth, kHeight});
    ASSERT_EQ(Rgb(sample).size(), size_t{kWidth * kHeight * 3});
    ASSERT_EQ(sample.labels[0].labels.size(), size_t{kWidth * kHeight});
    for (const uint16_t label : std::set<uint16_t>(sample.labels[0].labels.begin(), sample.labels[0].labels.end())) {
      ASSERT_LT(label, SceneClasses().size());
      scenes_with[label]++;
    }
  }
  for (size_t c = 0; c < scenes_with.size(); c++) EXPECT_GE(scenes_with[c], 20) << SceneClasses()[c];
}

TEST(Scenes, OfAnySize) {
  for (const auto& [width, height] : {std::pair(16, 16), {17, 301}, {640, 33}, {479, 361}}) {
    const Sample sample = GenerateScene(0, 0, {width, height});
    EXPECT_EQ(sample.width(), width);
    EXPECT_EQ(sample.labels[0].height, height);
    EXPECT_EQ(Rgb(sample).size(), sample.labels[0].labels.size() * 3);
  }
}

TEST(Scenes, RefusesSizesThatAreNone) {
  for (const auto& [width, height] : {std::pair(15, 100), {100, 0}, {-3, 100}, {4097, 100}, {100, 2000000000}})
    test::ExpectError(ErrorCode::kUsage, "cannot be drawn", [w = width, h = height] { GenerateScene(0, 0, {w, h}); });
}

/// The best that can be said of a pixel from its colour alone: for each of 16³ colours, the class that it most often
/// was.
class ColourClassifier {
 public:
  void Count(const Sample& sample) {
    for (size_t i = 0; i < sample.labels[0].labels.size(); i++) counts_[Bin(sample, i)][sample.labels[0].labels[i]]++;
  }
  size_t Predict(const Sample& sample, size_t pixel) const {
    const auto& counts = counts_[Bin(sample, pixel)];
    return static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  }

 private:
  static size_t Bin(const Sample& sample, size_t pixel) {
    const uint8_t* rgb = &Rgb(sample)[3 * pixel];
    return static_cast<size_t>((rgb[0] >> 4 << 8) | (rgb[1] >> 4 << 4) | (rgb[2] >> 4));
  }
  std::vector<std::array<int64_t, 7>> counts_ = std::vector<std::array<int64_t, 7>>(4096);
};

TEST(Scenes, ColourAloneFails) {
  ColourClassifier classifier;
  for (int i = 0; i < 200; i++) classifier.Count(GenerateScene(7, i, {kWidth, kHeight}));
  std::array<double, 7> both{}, either{};
  for (int i = 200; i < 300; i++) {
    const Sample sample = GenerateScene(7, i, {kWidth, kHeight});
    for (size_t p = 0; p < sample.labels[0].labels.size(); p++) {
      const size_t predicted = classifier.Predict(sample, p), truth = sample.labels[0].labels[p];
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
