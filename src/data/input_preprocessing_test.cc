#include "data/input_preprocessing.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::Optional;
using Order = Preprocessing::Order;

const std::vector<InputInfo> kOne(1), kTwo = {{"image"}, {"depth", 1}};

TEST(Preprocessing, OfBandsHasARange) {
  const Preprocessing two = PreprocessingFromText("bands:0.5,0.25:0.1", 2);
  EXPECT_EQ(two, (Preprocessing{Order::kBands, {0.5f, 0.25f}, {0.1f, 0.1f}, 0, 0, 0, 1}));
  const Preprocessing metres = PreprocessingFromText("bands:12:14:-1..255.5", 1);
  EXPECT_EQ(metres, (Preprocessing{Order::kBands, {12}, {14}, 0, 0, -1, 255.5f}));
  EXPECT_EQ(PreprocessingFromText("rgb:0.5:0.25:0..1"),
            (Preprocessing{Order::kRgb, {0.5f, 0.5f, 0.5f}, {0.25f, 0.25f, 0.25f}, 0, 0, 0, 1}));
  for (const char* text : {"torchvision", "bgr:104,117,123:1,1,1", "rgb:0.5,0.5,0.5:0.25,0.25,0.25:0..1"})
    EXPECT_EQ(PreprocessingText(PreprocessingFromText(text)), text);
  EXPECT_EQ(PreprocessingText(two), "bands:0.5,0.25:0.1,0.1");
  EXPECT_EQ(PreprocessingText(metres), "bands:12:14:-1..255.5");
  for (const char* text : {"bands:1,2,3:1", "bands:1:0", "bands:1:1:", "bands:1:1:1..1", "bands:1:1:2..1",
                           "bands:1:1:0", "bands:1:1:0..inf", "bands:1:1:0..1:2", "bands:nan:1", "bands"})
    ExpectError(ErrorCode::kUsage, "no preprocessing", [&] { PreprocessingFromText(text, 2); });
  for (const char* text : {"bands:1e38:1", "bands:0:1e-38", "bands:0:1e-45", "bands:0:1e38", "bands:0:1:0..1e38",
                           "bands:1e20:1e-20", "bands:0:1e-29:0..1000"})
    ExpectError(ErrorCode::kUsage, "is no preprocessing: ", [&] { PreprocessingFromText(text, 1); });
  ExpectError(ErrorCode::kUsage, "samples range from 5 to 5", [] { PreprocessingFromText("bands:0:1:5..5", 1); });
  ExpectError(ErrorCode::kUsage, "0 to 255", [] { PreprocessingFromText("rgb:0.5:0.25"); });
}

TEST(Preprocessing, OfLogarithmsIsThatOfBandsOtherwise) {
  const Preprocessing depth = PreprocessingFromText("logs:7.844:1:0..65535", 1);
  EXPECT_EQ(depth, (Preprocessing{Order::kLogs, {7.844f}, {1}, 0, 0, 0, 65535}));
  EXPECT_FALSE(depth.is_colour());
  EXPECT_EQ(PreprocessingText(depth), "logs:7.844:1:0..65535");
  EXPECT_EQ(PreprocessingText(PreprocessingFromText("logs:-1,0:2", 2)), "logs:-1,0:2,2");
  ExpectError(ErrorCode::kUsage, "have no logarithms", [] { PreprocessingFromText("logs:0:1:-2..0", 1); });
  ExpectError(ErrorCode::kUsage, "is no preprocessing: ", [] { PreprocessingFromText("logs:0:1e-30", 1); });
  EXPECT_THAT(ParsePreprocessings("depth=logs:7.844:1:0..65535", kTwo, kLitePreprocessing),
              ElementsAre(Optional(kLitePreprocessing), Optional(depth)));
}

TEST(ParsePreprocessings, OfOneInputIsATextAsEver) {
  EXPECT_THAT(ParsePreprocessings("", kOne, kLitePreprocessing), ElementsAre(Optional(kLitePreprocessing)));
  EXPECT_THAT(ParsePreprocessings("caffe", kOne, kLitePreprocessing), ElementsAre(Optional(kCaffePreprocessing)));
  EXPECT_THAT(ParsePreprocessings("measured", kOne, kLitePreprocessing), ElementsAre(std::nullopt));
  const std::vector<Preprocessing> caffe = {kCaffePreprocessing};
  EXPECT_EQ(PreprocessingsText(caffe, kOne), "caffe");
}

TEST(ParsePreprocessings, OfSeveralNamesEach) {
  EXPECT_THAT(ParsePreprocessings("", kTwo, kLitePreprocessing),
              ElementsAre(Optional(kLitePreprocessing), std::nullopt));
  const auto parsed = ParsePreprocessings("depth = bands:2:4; image=caffe", kTwo, kLitePreprocessing);
  const Preprocessing depth{Order::kBands, {2}, {4}, 0, 0, 0, 1};
  EXPECT_THAT(parsed, ElementsAre(Optional(kCaffePreprocessing), Optional(depth)));
  const std::vector<Preprocessing> both = {*parsed[0], *parsed[1]};
  EXPECT_EQ(PreprocessingsText(both, kTwo), "image=caffe;depth=bands:2:4");
  EXPECT_EQ(ParsePreprocessings(PreprocessingsText(both, kTwo), kTwo, {}), parsed);
  const auto refused = [](const char* text, const char* message) {
    ExpectError(ErrorCode::kUsage, message, [&] { ParsePreprocessings(text, kTwo, {}); });
  };
  refused("caffe", "which of 2 inputs");
  refused("depth=caffe", "prepares pictures in colour, and the input depth takes 1 bands");
  refused("image=bands:1:1", "prepares bands, and the input image takes pictures in colour");
  refused("heat=measured", "no input's preprocessing");
  refused("depth=measured;x", "no input's preprocessing");
  refused("depth=bands:1,2:1", "no preprocessing");
  refused("depth=bands:1:1;image=caffe;depth=measured", "prepares the input depth twice");
}

}  // namespace
}  // namespace fcn
