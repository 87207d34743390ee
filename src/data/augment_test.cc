#include "data/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <set>
#include <type_traits>

#include "data/resample.h"
#include "image/resize.h"
#include "tensor/random.h"

namespace fcn {
namespace {

/// Each pixel's colour tells its label, in blocks, so that alignment shows.
Sample Coded(int width, int height, int block = 1) {
  Image image{width, height, {}};
  LabelMap labels{width, height, {}};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const auto label =
          static_cast<uint16_t>(RandomBits(3, static_cast<uint64_t>((y / block) * 1000 + x / block)) % 250);
      labels.labels.push_back(label);
      for (int c = 0; c < 3; c++) image.rgb.push_back(static_cast<uint8_t>(label + c));
    }
  return {"s", {Raster(std::move(image))}, {std::move(labels)}, {}};
}

/// The bytes of the first input.
const std::vector<uint8_t>& Rgb(const Sample& sample) { return sample.inputs[0].Of<uint8_t>(); }

TEST(Augment, WithoutOptionsChangesNothing) {
  const Sample sample = Coded(37, 23);
  const Sample same = Augment(sample, {}, 1);
  EXPECT_EQ(Rgb(same), Rgb(sample));
  EXPECT_EQ(same.labels[0].labels, sample.labels[0].labels);
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
    ASSERT_EQ(crop.labels[0].labels.size(), 63u);
    for (size_t i = 0; i < 63; i++) ASSERT_EQ(Rgb(crop)[3 * i], crop.labels[0].labels[i]);
    seen.insert(crop.labels[0].labels);
    const auto has_row = [&](std::vector<uint16_t> row) {
      return std::search(sample.labels[0].labels.begin(), sample.labels[0].labels.end(), row.begin(), row.end()) !=
             sample.labels[0].labels.end();
    };
    std::vector<uint16_t> row(crop.labels[0].labels.begin(), crop.labels[0].labels.begin() + 9);
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
  EXPECT_EQ(Rgb(a), Rgb(b));
  EXPECT_EQ(a.labels[0].labels, b.labels[0].labels);
  EXPECT_NE(Rgb(a), Rgb(c));
}

TEST(Augment, PadsWhatThePictureDoesNotFill) {
  const Sample sample = Coded(10, 8, 2);
  AugmentOptions options;
  options.crop_width = 24, options.crop_height = 20, options.padding = {{251, 252, 253}}, options.colour = 0.5f;
  options.scale_min = 0.5, options.scale_max = 1.5, options.flip = true;
  for (uint64_t stream = 0; stream < 100; stream++) {
    const Sample crop = Augment(sample, options, stream);
    size_t ignored = 0;
    for (size_t i = 0; i < crop.labels[0].labels.size(); i++)
      if (crop.labels[0].labels[i] == kIgnoredLabel) {
        ignored++;
        const std::vector<uint8_t> pixel(Rgb(crop).begin() + static_cast<std::ptrdiff_t>(3 * i),
                                         Rgb(crop).begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
        ASSERT_EQ(pixel, (std::vector<uint8_t>{251, 252, 253}));
      }
    const size_t shown = 24 * 20 - ignored;
    ASSERT_GE(shown, 5u * 4);
    ASSERT_LE(shown, 15u * 12);
  }
}

TEST(Augment, ColoursStayWithinTheirFactors) {
  const Sample sample{"s", {{8, 8, 3, std::vector<uint8_t>(192, 100)}}, {{8, 8, std::vector<uint16_t>(64, 0)}}, {}};
  AugmentOptions options;
  options.colour = 0.3f;
  int least = 255, most = 0;
  for (uint64_t stream = 0; stream < 500; stream++) {
    // A grey picture of one value: contrast and saturation leave it, brightness scales it.
    const std::vector<uint8_t> rgb = Rgb(Augment(sample, options, stream));
    for (uint8_t v : rgb) ASSERT_LE(std::abs(v - rgb[0]), 0);
    least = std::min<int>(least, rgb[0]), most = std::max<int>(most, rgb[0]);
  }
  EXPECT_GE(least, 70);
  EXPECT_LE(most, 130);
  EXPECT_LT(least, 73);
  EXPECT_GT(most, 127);
}

TEST(Augment, LabelsAreNeverMixed) {
  const Sample sample = Coded(50, 40, 5);
  const std::set<uint16_t> known(sample.labels[0].labels.begin(), sample.labels[0].labels.end());
  for (uint64_t stream = 0; stream < 50; stream++) {
    const Sample crop = Augment(sample, {33, 33, 0.3, 3, true, 0, {}}, stream);
    for (uint16_t label : crop.labels[0].labels) ASSERT_TRUE(label == kIgnoredLabel || known.contains(label));
  }
}

TEST(Resample, AgreesWithResizingTheWhole) {
  const Context context(1);
  const Sample sample = Coded(60, 45, 3);
  for (auto [width, height] : {std::pair{60, 45}, {120, 90}, {97, 31}, {30, 23}, {17, 80}, {1, 1}, {7, 5}}) {
    const Image image = ResizeBilinear(ToImage(sample.inputs[0]), width, height, context);
    const auto labels = ResizeNearest(sample.labels[0].labels.data(), {60, 45}, {width, height}, context);
    const Axis columns = MakeAxis(60, width, 0, width, false), rows = MakeAxis(45, height, 0, height, false);
    const Image resampled = ToImage(ResampleRaster(sample.inputs[0], columns, rows, {}));
    for (size_t i = 0; i < image.rgb.size(); i++)  // both round to 8 bits twice, with weights of 14 and of 22 bits
      ASSERT_LE(std::abs(image.rgb[i] - resampled.rgb[i]), 1) << width << "x" << height << " at " << i;
    EXPECT_EQ(ResampleLabels(sample.labels[0], columns, rows).labels, labels);
    if (width < 5) continue;
    // A part of it, mirrored, that reaches past every rim.
    const int left = -2, top = 1, w = width + 1, h = height;
    const Axis part_columns = MakeAxis(60, width, left, w, true), part_rows = MakeAxis(45, height, top, h, false);
    const LabelMap part = ResampleLabels(sample.labels[0], part_columns, part_rows);
    const Image shown = ToImage(ResampleRaster(sample.inputs[0], part_columns, part_rows, {1, 2, 3}));
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

/// Noise of a type, as large as it gets.
template <typename T>
std::vector<T> NoiseOf(size_t count) {
  std::vector<T> values(count);
  for (size_t i = 0; i < count; i++) {
    if constexpr (std::is_floating_point_v<T>)
      values[i] = static_cast<T>(RandomBits(4, i) >> 40) * 0x1p-10f - 8000;
    else
      values[i] = static_cast<T>(RandomBits(4, i));
  }
  return values;
}

template <typename T>
void ExpectMixesNeighbours(int bands) {
  const auto count = static_cast<size_t>(bands);
  const Raster source(23, 17, bands, NoiseOf<T>(23 * 17 * count));
  const double tolerance = std::is_floating_point_v<T> ? 0.5 : 2;  // integers are rounded twice
  for (auto [width, height] : {std::pair{23, 17}, {40, 31}, {9, 11}}) {
    const Axis columns = MakeAxis(23, width, 0, width, true), rows = MakeAxis(17, height, -2, height + 3, false);
    const Raster mixed = ResampleRaster(source, columns, rows, PerBand(std::vector<float>(count, 5)));
    ASSERT_EQ(mixed.Of<T>().size(), static_cast<size_t>(width * (height + 3)) * count);
    for (int y = 0; y < height + 3; y++)
      for (int x = 0; x < width; x++)
        for (size_t band = 0; band < count; band++) {
          const T found = mixed.Of<T>()[static_cast<size_t>(y * width + x) * count + band];
          if (y < rows.begin || y >= rows.end) {
            ASSERT_EQ(found, T{5});
            continue;
          }
          double expected = 0;
          const size_t row = static_cast<size_t>(y - rows.begin), column = static_cast<size_t>(x);
          for (int v = 0; v < rows.taps; v++)
            for (int u = 0; u < columns.taps; u++)
              expected +=
                  double(rows.weights[row * static_cast<size_t>(rows.taps) + static_cast<size_t>(v)]) *
                  columns.weights[column * static_cast<size_t>(columns.taps) + static_cast<size_t>(u)] / Axis::kUnit /
                  Axis::kUnit *
                  double(source.Of<T>()[static_cast<size_t>((rows.first[row] + v) * 23 + columns.first[column] + u) *
                                            count +
                                        band]);
          ASSERT_NEAR(found, expected, tolerance) << width << " at " << x << ", " << y;
        }
  }
}

TEST(Resample, PicturesOfAnyBandsAndType) {
  for (const int bands : {1, 2, 3, 64}) {
    ExpectMixesNeighbours<uint8_t>(bands);
    ExpectMixesNeighbours<uint16_t>(bands);
    ExpectMixesNeighbours<float>(bands);
  }
}

TEST(Augment, AllPicturesAndLabelsStayAligned) {
  Sample sample = Coded(40, 30, 5);
  std::vector<uint16_t> depth;
  std::vector<float> heights;
  LabelMap other = sample.labels[0];
  for (uint16_t& label : other.labels) {
    depth.push_back(static_cast<uint16_t>(label * 200));
    heights.push_back(static_cast<float>(label));
    label = static_cast<uint16_t>(label / 10);
  }
  sample.inputs.emplace_back(40, 30, 1, std::move(depth));
  sample.inputs.emplace_back(40, 30, 1, std::move(heights));
  sample.labels.push_back(std::move(other));
  AugmentOptions options{24, 50, 1, 1, true, 0, {}};
  for (uint64_t stream = 0; stream < 40; stream++) {
    const Sample crop = Augment(sample, options, stream);
    ASSERT_EQ(crop.inputs.size(), 3u);
    for (size_t i = 0; i < crop.labels[0].labels.size(); i++) {
      const uint16_t label = crop.labels[0].labels[i];
      const bool is_shown = label != kIgnoredLabel;
      ASSERT_EQ(crop.labels[1].labels[i], is_shown ? label / 10 : kIgnoredLabel);
      ASSERT_EQ(crop.inputs[1].Of<uint16_t>()[i], is_shown ? label * 200 : 0);
      ASSERT_EQ(crop.inputs[2].Of<float>()[i], is_shown ? label : 0);
    }
  }
  // Colours are those of the picture in colour alone.
  options.colour = 0.5f, options.flip = false, options.crop_height = 20;
  const Sample plain = Augment(sample, {24, 20, 1, 1, false, 0, {}}, 3), changed = Augment(sample, options, 3);
  EXPECT_NE(changed.inputs[0], plain.inputs[0]);
  EXPECT_EQ(changed.inputs[1], plain.inputs[1]);
  EXPECT_EQ(changed.inputs[2], plain.inputs[2]);
}

}  // namespace
}  // namespace fcn
