#include "image/resize.h"

#include <cmath>

#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

/// The definition in real numbers, without the rounding between rows and columns.
double TriangleSum(const Image& image, int width, int height, int x, int y, int channel) {
  const auto weights = [](int in, int out, int position) {
    const double scale = static_cast<double>(in) / out, radius = std::max(1.0, scale);
    std::vector<double> result;
    double sum = 0;
    for (int i = 0; i < in; i++) {
      result.push_back(std::max(0.0, 1 - std::abs(i + 0.5 - (position + 0.5) * scale) / radius));
      sum += result.back();
    }
    for (double& weight : result) weight /= sum;
    return result;
  };
  const std::vector<double> columns = weights(image.width, width, x), rows = weights(image.height, height, y);
  double sum = 0;
  for (int v = 0; v < image.height; v++)
    for (int u = 0; u < image.width; u++)
      sum += rows[static_cast<size_t>(v)] * columns[static_cast<size_t>(u)] * image.rgb[ByteAt(image, u, v, channel)];
  return sum;
}

TEST(ResizeBilinear, FollowsItsDefinitionForAnySizes) {
  const Context context(2);
  for (const auto& [from, to] : {std::pair{Size{9, 7}, Size{9, 7}},
                                 {{9, 7}, {4, 3}},
                                 {{9, 7}, {31, 40}},
                                 {{9, 7}, {1, 1}},
                                 {{1, 1}, {6, 5}},
                                 {{13, 40}, {26, 3}},
                                 {{40, 13}, {9, 39}},
                                 {{9, 7}, {9, 3}},
                                 {{9, 7}, {4, 7}}}) {
    const Image image = Noise(from.width, from.height);
    const Image out = ResizeBilinear(image, to.width, to.height, context);
    ASSERT_EQ(out.width, to.width);
    ASSERT_EQ(out.height, to.height);
    ASSERT_EQ(out.rgb.size(), static_cast<size_t>(to.width * to.height * 3));
    for (int y = 0; y < to.height; y++)
      for (int x = 0; x < to.width; x++)
        for (int c = 0; c < 3; c++)
          ASSERT_NEAR(out.rgb[static_cast<size_t>((y * to.width + x) * 3 + c)],
                      TriangleSum(image, to.width, to.height, x, y, c), 1.01)  // half a step for each rounding
              << from.width << "x" << from.height << " to " << to.width << "x" << to.height;
  }
}

TEST(ResizeBilinear, KeepsTheExtremesAndTheSameSize) {
  const Context context(1);
  for (const uint8_t value : {uint8_t{0}, uint8_t{255}}) {
    const Image out = ResizeBilinear({5, 4, Bytes(60, value)}, 700, 3, context);
    EXPECT_EQ(out.rgb, Bytes(6300, value));
  }
  ExpectSame(ResizeBilinear(Noise(7, 5), 7, 5, context), Noise(7, 5));
}

TEST(ResizeBilinear, AgreesWithPillow) {
  // Image.frombytes("RGB", (4, 3), bytes(range(0, 252, 7))).resize(size, BILINEAR) of Pillow, red channel.
  Image image{4, 3, {}};
  for (int i = 0; i < 36; i++) image.rgb.push_back(static_cast<uint8_t>(7 * i));
  const auto red = [&](int width, int height) {
    const Image out = ResizeBilinear(image, width, height, Context(1));
    Bytes values;
    for (size_t i = 0; i < out.rgb.size(); i += 3) values.push_back(out.rgb[i]);
    return values;
  };
  EXPECT_EQ(red(2, 2), (Bytes{47, 80, 152, 185}));
  EXPECT_EQ(red(5, 4),
            (Bytes{0, 15, 32, 48, 63, 53, 68, 85, 101, 116, 116, 131, 148, 164, 179, 168, 183, 200, 216, 231}));
  EXPECT_EQ(red(3, 1), (Bytes{90, 116, 141}));
}

TEST(ResizeBilinear, ThreadsChangeNothing) {
  ExpectSame(ResizeBilinear(Noise(201, 150), 90, 301, Context(1)),
             ResizeBilinear(Noise(201, 150), 90, 301, Context(2)));
}

TEST(ResizeNearest, PicksThePixelUnderEachCentre) {
  const Context context(2);
  const uint8_t labels[] = {1, 2, 3, 4, 5, 6};  // 3 x 2
  EXPECT_EQ(ResizeNearest(labels, {3, 2}, {6, 2}, context), (Bytes{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
  EXPECT_EQ(ResizeNearest(labels, {3, 2}, {1, 1}, context), (Bytes{5}));
  EXPECT_EQ(ResizeNearest(labels, {3, 2}, {2, 1}, context), (Bytes{4, 6}));
  const int32_t wide[] = {-1, 100000};
  EXPECT_EQ(ResizeNearest(wide, {2, 1}, {5, 1}, context), (std::vector<int32_t>{-1, -1, 100000, 100000, 100000}));
  const uint16_t many[] = {1000, 2000, 3000};
  EXPECT_EQ(ResizeNearest(many, {1, 3}, {2, 3}, context), (std::vector<uint16_t>{1000, 1000, 2000, 2000, 3000, 3000}));
}

TEST(FitShorterSide, KeepsTheShape) {
  EXPECT_EQ(FitShorterSide({500, 375}, 256), (Size{341, 256}));
  EXPECT_EQ(FitShorterSide({375, 500}, 256), (Size{256, 341}));
  EXPECT_EQ(FitShorterSide({100, 100}, 7), (Size{7, 7}));
  EXPECT_EQ(FitShorterSide({1, 65500}, 1), (Size{1, 65500}));
  ExpectError(ErrorCode::kInput, "1x2147483647", [] { FitShorterSide({1, 2147483647}, 2); });
}

TEST(CentreCrop, TakesTheMiddle) {
  const Image image = Noise(7, 6);
  const Image out = CentreCrop(image, 4, 3);  // margins 1 and 2, 1 and 2
  ASSERT_EQ(out.rgb.size(), size_t{36});
  for (size_t y = 0; y < 3; y++)
    for (size_t i = 0; i < 12; i++) EXPECT_EQ(out.rgb[y * 12 + i], image.rgb[(y + 1) * 21 + 3 + i]);
  ExpectSame(CentreCrop(image, 7, 6), image);
  ExpectError(ErrorCode::kInput, "a picture of 7x6 has no centre part of 8x6", [&] { CentreCrop(image, 8, 6); });
}

}  // namespace
}  // namespace fcn::test
