#include "image/overlay.h"

#include <cmath>
#include <limits>

#include "image/heat_map.h"
#include "image/test_images.h"
#include "support/guarded_image.h"

namespace fcn::test {
namespace {

Colour At(const Image& image, int x, int y) {
  const size_t i = ByteAt(image, x, y, 0);
  return {image.rgb[i], image.rgb[i + 1], image.rgb[i + 2]};
}

TEST(Overlay, BlendsRegionsAndDrawsTheirRims) {
  const Image photo{9, 9, Bytes(243, 100)};
  std::vector<int32_t> labels(81, 0);
  for (int y = 2; y < 7; y++)
    for (int x = 2; x < 7; x++) labels[static_cast<size_t>(y) * 9 + static_cast<size_t>(x)] = 1;
  const std::vector<Colour> palette = {{0, 0, 0}, {200, 0, 100}};
  const Image out = Overlay(photo, labels.data(), palette, {}, Context(2));
  EXPECT_EQ(At(out, 0, 0), (Colour{100, 100, 100}));  // background stays clear, also beside a region
  EXPECT_EQ(At(out, 1, 4), (Colour{100, 100, 100}));
  EXPECT_EQ(At(out, 2, 4), (Colour{200, 0, 100}));  // rim
  EXPECT_EQ(At(out, 6, 6), (Colour{200, 0, 100}));
  EXPECT_EQ(At(out, 4, 4), (Colour{150, 50, 100}));  // inside
  EXPECT_EQ(At(Overlay(photo, labels.data(), palette, {.contours = false}, Context(1)), 2, 4), (Colour{150, 50, 100}));
}

TEST(Overlay, AlphaBackgroundAndLabelsWithoutColour) {
  const Image photo{3, 1, {10, 10, 10, 20, 20, 20, 30, 30, 30}};
  const uint8_t labels[] = {0, 1, 255};
  const std::vector<Colour> palette = {{250, 0, 0}, {0, 250, 0}};
  const OverlayOptions opaque{.alpha = 1, .background = -1, .contours = false};
  ExpectSame(Overlay(photo, labels, palette, opaque, Context(1)), {3, 1, {250, 0, 0, 0, 250, 0, 30, 30, 30}});
  const OverlayOptions clear{.alpha = 0, .background = -1, .contours = false};
  ExpectSame(Overlay(photo, labels, palette, clear, Context(1)), photo);
  const uint16_t wide[] = {1, 1, 300};
  ExpectSame(Overlay(photo, wide, palette, {.alpha = 1, .background = 1, .contours = false}, Context(1)), photo);
}

TEST(Overlay, RimsGrowWithThePicture) {
  const Image photo{2000, 1600, Bytes(size_t{2000} * 1600 * 3, 0)};
  Bytes labels(size_t{2000} * 1600, 0);
  std::fill(labels.begin() + int64_t{800} * 2000, labels.end(), uint8_t{1});
  const std::vector<Colour> palette = {{0, 0, 0}, {200, 200, 200}};
  const Image out = Overlay(photo, labels.data(), palette, {}, Context(2));
  EXPECT_EQ(At(out, 5, 799), (Colour{0, 0, 0}));
  EXPECT_EQ(At(out, 5, 800), (Colour{200, 200, 200}));
  EXPECT_EQ(At(out, 5, 802), (Colour{200, 200, 200}));  // 1600 / 500 is 3 pixels
  EXPECT_EQ(At(out, 5, 803), (Colour{100, 100, 100}));
  ExpectSame(Overlay(photo, labels.data(), palette, {}, Context(1)), out);
}

TEST(Inferno, GrowsLighterFromBlackToYellow) {
  EXPECT_EQ(Inferno(0), (Colour{0, 0, 4}));
  EXPECT_EQ(Inferno(1), (Colour{252, 255, 164}));
  EXPECT_EQ(Inferno(-3), Inferno(0));
  EXPECT_EQ(Inferno(7), Inferno(1));
  double before = -1;
  for (int i = 0; i <= 100; i++) {
    const Colour c = Inferno(static_cast<float>(i) / 100);
    const double luma = 0.2126 * c.r + 0.7152 * c.g + 0.0722 * c.b;
    EXPECT_GT(luma, before) << "at " << i << " %";
    before = luma;
  }
}

TEST(HeatMap, ShowsTheRangeOfTheValues) {
  const Image photo{4, 1, {90, 90, 90, 90, 90, 90, 90, 90, 90, 1, 2, 3}};
  const float heat[] = {-5, 0, 5, std::numeric_limits<float>::quiet_NaN()};
  const Image out = HeatMap(photo, heat, {.alpha = 1}, Context(2));
  EXPECT_EQ(At(out, 0, 0), (Colour{60, 60, 61}));  // a third of black over grey
  EXPECT_EQ(At(out, 2, 0), Inferno(1));
  EXPECT_EQ(At(out, 3, 0), (Colour{1, 2, 3}));
  const Image fixed = HeatMap(photo, heat, {.low = -10, .high = 0, .alpha = 1}, Context(1));
  EXPECT_EQ(At(fixed, 1, 0), Inferno(1));
  EXPECT_EQ(At(fixed, 2, 0), Inferno(1));
  const float flat[] = {7, 7, 7, std::numeric_limits<float>::infinity()};
  const Image low = HeatMap(photo, flat, {.alpha = 1}, Context(1));
  EXPECT_EQ(At(low, 0, 0), (Colour{60, 60, 61}));
  EXPECT_EQ(At(low, 3, 0), (Colour{1, 2, 3}));
  const std::vector<float> nothing(4, std::numeric_limits<float>::quiet_NaN());
  ExpectSame(HeatMap(photo, nothing.data(), {}, Context(1)), photo);
}

TEST(HeatMap, HasABarWhereThereIsRoom) {
  const Image photo{200, 100, Bytes(60000, 0)};
  const std::vector<float> heat(20000, 0.0f);
  const Image with = HeatMap(photo, heat.data(), {}, Context(1));
  const Image without = HeatMap(photo, heat.data(), {.colour_bar = false}, Context(1));
  int white = 0, hot = 0;
  for (int y = 0; y < 100; y++)
    for (int x = 0; x < 200; x++) {
      const bool same = At(with, x, y) == At(without, x, y);
      EXPECT_TRUE(same || (x > 180 && y > 50));
      white += At(with, x, y) == Colour{255, 255, 255};
      hot += At(with, x, y) == Inferno(1);
    }
  EXPECT_GT(white, 50);
  EXPECT_EQ(hot, 6);  // the upper end, as wide as the bar
  const Image small{63, 200, Bytes(37800, 0)};
  ExpectSame(HeatMap(small, heat.data(), {}, Context(1)),
             HeatMap(small, heat.data(), {.colour_bar = false}, Context(1)));
}

}  // namespace
}  // namespace fcn::test
