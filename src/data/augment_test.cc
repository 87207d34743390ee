#include "data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <set>

#include "data/resample.h"
#include "image/resize.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// Each pixel's colour tells its label, in blocks, so that alignment shows.
Sample Coded(int width, int height, int block = 1) {
  Sample sample{"s", {width, height, {}}, {width, height, {}}};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const auto label =
          static_cast<uint16_t>(RandomBits(3, static_cast<uint64_t>((y / block) * 1000 + x / block)) % 250);
      sample.labels.labels.push_back(label);
      for (int c = 0; c < 3; c++) sample.image.rgb.push_back(static_cast<uint8_t>(label + c));
    }
  return sample;
}

TEST(Augment, WithoutOptionsChangesNothing) {
  const Sample sample = Coded(37, 23);
  const Sample same = Augment(sample, {}, 1);
  EXPECT_EQ(same.image.rgb, sample.image.rgb);
  EXPECT_EQ(same.labels.labels, sample.labels.labels);
  EXPECT_EQ(same.name, "s");
}

TEST(Augment, CropsAndFlipsAreExactParts) {
  const Sample sample = Coded(31, 19);
  AugmentOptions options;
  options.crop_width = 9, options.crop_height = 7, options.flip = true;
  std::set<std::vector<uint16_t>> seen;
  bool flipped = false, straight = false;
  for (uint64_t stream = 0; stream < 400; stream++) {
    const Sample crop = Augment(sample, options, stream);
    ASSERT_EQ(crop.labels.labels.size(), 63u);
    for (size_t i = 0; i < 63; i++) ASSERT_EQ(crop.image.rgb[3 * i], crop.labels.labels[i]);
    seen.insert(crop.labels.labels);
    const auto has_row = [&](std::vector<uint16_t> row) {
      return std::search(sample.labels.labels.begin(), sample.labels.labels.end(), row.begin(), row.end()) !=
             sample.labels.labels.end();
    };
    std::vector<uint16_t> row(crop.labels.labels.begin(), crop.labels.labels.begin() + 9);
    const bool is_straight = has_row(row);
    std::reverse(row.begin(), row.end());
    ASSERT_NE(is_straight, has_row(row));
    (is_straight ? straight : flipped) = true;
  }
  EXPECT_TRUE(flipped && straight);
  EXPECT_GT(seen.size(), 200u);  // of 23 · 13 · 2 = 598
}

TEST(Augment, IsAFunctionOfTheStream) {
  const Sample sample = Coded(64, 48, 4);
  const AugmentOptions options{40, 40, 0.5, 2, true, 0.4f, {}};
  const Sample a = Augment(sample, options, 7), b = Augment(sample, options, 7), c = Augment(sample, options, 8);
  EXPECT_EQ(a.image.rgb, b.image.rgb);
  EXPECT_EQ(a.labels.labels, b.labels.labels);
  EXPECT_NE(a.image.rgb, c.image.rgb);
}

TEST(Augment, PadsWhatThePictureDoesNotFill) {
  const Sample sample = Coded(10, 8, 2);
  AugmentOptions options;
  options.crop_width = 24, options.crop_height = 20, options.padding = {251, 252, 253}, options.colour = 0.5f;
  options.scale_min = 0.5, options.scale_max = 1.5, options.flip = true;
  for (uint64_t stream = 0; stream < 100; stream++) {
    const Sample crop = Augment(sample, options, stream);
    size_t ignored = 0;
    for (size_t i = 0; i < crop.labels.labels.size(); i++)
      if (crop.labels.labels[i] == kIgnoredLabel) {
        ignored++;
        const std::vector<uint8_t> pixel(crop.image.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i),
                                         crop.image.rgb.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
        ASSERT_EQ(pixel, (std::vector<uint8_t>{251, 252, 253}));
      }
    const size_t shown = 24 * 20 - ignored;
    ASSERT_GE(shown, 5u * 4);
    ASSERT_LE(shown, 15u * 12);
  }
}

TEST(Augment, ColoursStayWithinTheirFactors) {
  Sample sample{"s", {8, 8, std::vector<uint8_t>(192, 100)}, {8, 8, std::vector<uint16_t>(64, 0)}};
  AugmentOptions options;
  options.colour = 0.3f;
  int least = 255, most = 0;
  for (uint64_t stream = 0; stream < 500; stream++) {
    // A grey picture of one value: contrast and saturation leave it, brightness scales it.
    const Image image = Augment(sample, options, stream).image;
    for (uint8_t v : image.rgb) ASSERT_LE(std::abs(v - image.rgb[0]), 0);
    least = std::min<int>(least, image.rgb[0]), most = std::max<int>(most, image.rgb[0]);
  }
  EXPECT_GE(least, 70);
  EXPECT_LE(most, 130);
  EXPECT_LT(least, 73);
  EXPECT_GT(most, 127);
}

TEST(Augment, LabelsAreNeverMixed) {
  const Sample sample = Coded(50, 40, 5);
  const std::set<uint16_t> known(sample.labels.labels.begin(), sample.labels.labels.end());
  for (uint64_t stream = 0; stream < 50; stream++)
    for (uint16_t label : Augment(sample, {33, 33, 0.3, 3, true, 0, {}}, stream).labels.labels)
      ASSERT_TRUE(label == kIgnoredLabel || known.contains(label));
}

TEST(Resample, AgreesWithResizingTheWhole) {
  const Context context(1);
  const Sample sample = Coded(60, 45, 3);
  for (auto [width, height] : {std::pair{60, 45}, {120, 90}, {97, 31}, {30, 23}, {17, 80}, {1, 1}, {7, 5}}) {
    const Image image = ResizeBilinear(sample.image, width, height, context);
    const auto labels = ResizeNearest(sample.labels.labels.data(), {60, 45}, {width, height}, context);
    const Axis columns = MakeAxis(60, width, 0, width, false), rows = MakeAxis(45, height, 0, height, false);
    const Image resampled = ResampleImage(sample.image, columns, rows, {});
    for (size_t i = 0; i < image.rgb.size(); i++)  // both round to 8 bits twice, with weights of 14 and of 22 bits
      ASSERT_LE(std::abs(image.rgb[i] - resampled.rgb[i]), 1) << width << "x" << height << " at " << i;
    EXPECT_EQ(ResampleLabels(sample.labels, columns, rows).labels, labels);
    if (width < 5) continue;
    // A part of it, mirrored, that reaches past every rim.
    const int left = -2, top = 1, w = width + 1, h = height;
    const Axis part_columns = MakeAxis(60, width, left, w, true), part_rows = MakeAxis(45, height, top, h, false);
    const LabelMap part = ResampleLabels(sample.labels, part_columns, part_rows);
    const Image shown = ResampleImage(sample.image, part_columns, part_rows, {1, 2, 3});
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        const int from_x = left + w - 1 - x, from_y = top + y;
        const auto at = static_cast<size_t>(y * w + x), from = static_cast<size_t>(from_y * width + from_x);
        const bool inside = from_x >= 0 && from_x < width && from_y < height;
        ASSERT_EQ(part.labels[at], inside ? labels[from] : kIgnoredLabel);
        ASSERT_EQ(shown.rgb[3 * at + 1], inside ? resampled.rgb[3 * from + 1] : 2);
      }
  }
}

}  // namespace
}  // namespace fcn
