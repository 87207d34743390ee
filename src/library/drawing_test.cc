#include "fcn/drawing.h"

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "image/test_images.h"
#include "support/expect_error.h"
#include "support/guarded_image.h"

namespace fcn::test {
namespace {

Colour At(const Image& image, int x, int y) {
  const size_t i = ByteAt(image, x, y, 0);
  return {image.rgb[i], image.rgb[i + 1], image.rgb[i + 2]};
}

Runtime WithThreads(int threads) { return Runtime({.threads = threads, .isa = {}}); }

TEST(Overlay, BlendsRegionsAndDrawsTheirRims) {
  const Image photo{9, 9, Bytes(243, 100)};
  std::vector<uint16_t> labels(81, 0);
  for (int y = 2; y < 7; y++)
    for (int x = 2; x < 7; x++) labels[static_cast<size_t>(y) * 9 + static_cast<size_t>(x)] = 1;
  const std::vector<Colour> palette = {{0, 0, 0}, {200, 0, 100}};
  const Image out = Overlay(photo, labels, palette, {}, WithThreads(2));
  EXPECT_EQ(At(out, 0, 0), (Colour{100, 100, 100}));  // background stays clear, also beside a region
  EXPECT_EQ(At(out, 1, 4), (Colour{100, 100, 100}));
  EXPECT_EQ(At(out, 2, 4), (Colour{200, 0, 100}));  // rim
  EXPECT_EQ(At(out, 6, 6), (Colour{200, 0, 100}));
  EXPECT_EQ(At(out, 4, 4), (Colour{150, 50, 100}));  // inside
  EXPECT_EQ(At(Overlay(photo, labels, palette, {.contours = false}, WithThreads(1)), 2, 4), (Colour{150, 50, 100}));
}

TEST(Overlay, AlphaBackgroundAndLabelsWithoutColour) {
  const Image photo{3, 1, {10, 10, 10, 20, 20, 20, 30, 30, 30}};
  const uint16_t labels[] = {0, 1, 255};
  const std::vector<Colour> palette = {{250, 0, 0}, {0, 250, 0}};
  const OverlayOptions opaque{.alpha = 1, .background = -1, .contours = false};
  ExpectSame(Overlay(photo, labels, palette, opaque, WithThreads(1)), {3, 1, {250, 0, 0, 0, 250, 0, 30, 30, 30}});
  const OverlayOptions clear{.alpha = 0, .background = -1, .contours = false};
  ExpectSame(Overlay(photo, labels, palette, clear, WithThreads(1)), photo);
  const uint16_t wide[] = {1, 1, 300};
  ExpectSame(Overlay(photo, wide, palette, {.alpha = 1, .background = 1, .contours = false}, WithThreads(1)), photo);
}

TEST(Overlay, RimsGrowWithThePicture) {
  const Image photo{2000, 1600, Bytes(size_t{2000} * 1600 * 3, 0)};
  std::vector<uint16_t> labels(size_t{2000} * 1600, 0);
  std::fill(labels.begin() + int64_t{800} * 2000, labels.end(), uint16_t{1});
  const std::vector<Colour> palette = {{0, 0, 0}, {200, 200, 200}};
  const Image out = Overlay(photo, labels, palette, {}, WithThreads(2));
  EXPECT_EQ(At(out, 5, 799), (Colour{0, 0, 0}));
  EXPECT_EQ(At(out, 5, 800), (Colour{200, 200, 200}));
  EXPECT_EQ(At(out, 5, 802), (Colour{200, 200, 200}));  // 1600 / 500 is 3 pixels
  EXPECT_EQ(At(out, 5, 803), (Colour{100, 100, 100}));
  ExpectSame(Overlay(photo, labels, palette, {}, WithThreads(1)), out);
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
  const Image out = HeatMap(photo, heat, {.alpha = 1}, WithThreads(2));
  EXPECT_EQ(At(out, 0, 0), (Colour{60, 60, 61}));  // a third of black over grey
  EXPECT_EQ(At(out, 2, 0), Inferno(1));
  EXPECT_EQ(At(out, 3, 0), (Colour{1, 2, 3}));
  const Image fixed = HeatMap(photo, heat, {.low = -10, .high = 0, .alpha = 1}, WithThreads(1));
  EXPECT_EQ(At(fixed, 1, 0), Inferno(1));
  EXPECT_EQ(At(fixed, 2, 0), Inferno(1));
  const float flat[] = {7, 7, 7, std::numeric_limits<float>::infinity()};
  const Image low = HeatMap(photo, flat, {.alpha = 1}, WithThreads(1));
  EXPECT_EQ(At(low, 0, 0), (Colour{60, 60, 61}));
  EXPECT_EQ(At(low, 3, 0), (Colour{1, 2, 3}));
  const std::vector<float> nothing(4, std::numeric_limits<float>::quiet_NaN());
  ExpectSame(HeatMap(photo, nothing, {}, WithThreads(1)), photo);
}

TEST(HeatMap, HasABarWhereThereIsRoom) {
  const Image photo{200, 100, Bytes(60000, 0)};
  const std::vector<float> heat(20000, 0.0f);
  const Image with = HeatMap(photo, heat, {}, WithThreads(1));
  const Image without = HeatMap(photo, heat, {.colour_bar = false}, WithThreads(1));
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
  const std::span few(heat.data(), 63 * 200);
  ExpectSame(HeatMap(small, few, {}, WithThreads(1)), HeatMap(small, few, {.colour_bar = false}, WithThreads(1)));
}

TEST(Drawing, RefusesWhatDoesNotFit) {
  const Runtime runtime = WithThreads(1);
  const Image photo{2, 2, Bytes(12, 9)};
  const std::vector<uint16_t> labels(4, 0), few(3, 0);
  const std::vector<float> heat(5, 0.0f);
  ExpectError(ErrorCode::kUsage, "2x2 pixels and 12 bytes cannot have 3 values",
              [&] { Overlay(photo, few, {}, {}, runtime); });
  ExpectError(ErrorCode::kUsage, "cannot have 5 values", [&] { HeatMap(photo, heat, {}, runtime); });
  ExpectError(ErrorCode::kUsage, "0x2 pixels", [&] { Overlay({0, 2, {}}, {}, {}, {}, runtime); });
  ExpectError(ErrorCode::kUsage, "2x2 pixels and 11 bytes", [&] {
    Overlay({2, 2, Bytes(11, 9)}, labels, {}, {}, runtime);
  });
  ExpectError(ErrorCode::kUsage, "alpha of 1.5", [&] { Overlay(photo, labels, {}, {.alpha = 1.5f}, runtime); });
  ExpectError(ErrorCode::kUsage, "palette of -1", [] { VocPalette(-1); });
  runtime.Cancel();
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Overlay(photo, labels, {}, {}, runtime); });
}

}  // namespace
}  // namespace fcn::test
