#include "evaluate/upper_bound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::ElementsAreArray;

constexpr uint16_t kVoid = kIgnoredLabel;

/// Two samples: 5×3 labels of three classes, and 2×1.
class SmallLabels : public Dataset {
 public:
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 2; }
  std::string name(size_t i) const override { return i == 0 ? "five" : "two"; }
  Sample Get(size_t i) const override {
    const LabelMap labels = i == 0 ? LabelMap{5,
                                              3,
                                              {0, 0, 1, 1, 2,      //
                                               0, 1, 1, kVoid, 2,  //
                                               2, 2, 0, 0, 0}}
                                   : LabelMap{2, 1, {1, 1}};
    Image image{labels.width, labels.height, std::vector<uint8_t>(labels.labels.size() * 3)};
    return {name(i), {Raster(std::move(image))}, {labels}, {}};
  }

 private:
  std::vector<HeadInfo> heads_ = {{"", {"a", "b", "c"}, {}}};
};

TEST(UpperBound, EachCellHasTheLabelOfItsMiddle) {
  const LabelMap labels = SmallLabels().Get(0).labels[0];
  // Cells of 2×2: their lower right pixels are 1, void, 2 | 2, 0, 0.
  EXPECT_THAT(AtStride(labels, 2).labels, ElementsAreArray<uint16_t>({1, 1, kVoid, kVoid, 2,  //
                                                                      1, 1, kVoid, kVoid, 2,  //
                                                                      2, 2, 0, 0, 0}));
  // Cells of 3×3 with the middles 1 and 2.
  EXPECT_THAT(AtStride(labels, 3).labels, ElementsAreArray<uint16_t>({1, 1, 1, 2, 2,  //
                                                                      1, 1, 1, 2, 2,  //
                                                                      1, 1, 1, 2, 2}));
  // One cell: its middle is cut off, and the nearest that is left is the last pixel.
  EXPECT_THAT(AtStride(labels, 100).labels, testing::Each(0));
  EXPECT_EQ(AtStride(labels, 1).labels, labels.labels);
  EXPECT_THAT(AtStride({0, 0, {}}, 4).labels, ElementsAre());
}

// By hand, at stride 2: of the first sample's 14 pixels that count, class 0 has 6, of which 3 stay and 3 become 1;
// class 1 has 4, of which 1 stays and 3 become void; class 2 has 4, all of which stay. The second sample has 2 of class
// 1, which stay.
TEST(UpperBound, ScoresAreThoseOfAllPictures) {
  const Context context(2);
  std::vector<size_t> progress;
  const std::vector<UpperBound> bounds = UpperBounds(SmallLabels(), std::vector<int>{2, 1}, context,
                                                     [&](size_t done, size_t) { progress.push_back(done); });
  EXPECT_THAT(progress, ElementsAre(1, 2));
  ASSERT_EQ(bounds.size(), 2u);
  EXPECT_EQ(bounds[0].stride, 2);
  const Evaluation& coarse = bounds[0].evaluation;
  const Scores scores = ComputeScores(coarse.heads[0].matrix);
  EXPECT_DOUBLE_EQ(scores.pixel_accuracy, 10.0 / 16);
  EXPECT_DOUBLE_EQ(scores.per_class[0].iu, 3.0 / 6);
  EXPECT_DOUBLE_EQ(scores.per_class[1].iu, 3.0 / 9);
  EXPECT_DOUBLE_EQ(scores.per_class[2].iu, 1);
  EXPECT_THAT(coarse.names, ElementsAre("five", "two"));
  EXPECT_DOUBLE_EQ(coarse.mean_ius[0], (3.0 / 6 + 1.0 / 7 + 1) / 3);
  EXPECT_DOUBLE_EQ(coarse.mean_ius[1], 1);
  EXPECT_DOUBLE_EQ(ComputeScores(bounds[1].evaluation.heads[0].matrix).mean_iu, 1);  // nothing is lost at stride 1
}

TEST(UpperBound, RefusesWhatIsNoStride) {
  const Context context(1);
  ExpectError(ErrorCode::kUsage, "0 is no stride", [&] { AtStride({1, 1, {0}}, 0); });
  ExpectError(ErrorCode::kUsage, "-8 is no stride", [&] {
    UpperBounds(SmallLabels(), std::vector<int>{8, -8}, context, [](size_t, size_t) {});
  });
}

}  // namespace
}  // namespace fcn
