#include "data/label_reader.h"

#include <gmock/gmock.h>

#include "data/png_samples.h"
#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::MakePng;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kGrey = 0, kRgb = 2, kIndexed = 3, kGreyAlpha = 4, kRgba = 6;

LabelCoding Coding(int classes) {
  LabelCoding coding;
  coding.classes = classes;
  for (int i = 0; i < classes; i++) coding.of_value.push_back(static_cast<uint16_t>(i));
  coding.of_value.resize(256, kUnknownLabel);
  coding.of_value[255] = kIgnoredLabel;
  return coding;
}

/// The samples of rows that begin at whole bytes, the leftmost in the highest bits.
std::vector<uint8_t> Pack(const std::vector<uint8_t>& values, int width, int bits) {
  std::vector<uint8_t> packed;
  const size_t rows = values.size() / static_cast<size_t>(width);
  for (size_t y = 0; y < rows; y++) {
    std::vector<uint8_t> row(static_cast<size_t>((width * bits + 7) / 8));
    for (size_t x = 0; x < static_cast<size_t>(width); x++) {
      const size_t bit = x * static_cast<size_t>(bits);
      row[bit / 8] = static_cast<uint8_t>(row[bit / 8] | values[y * static_cast<size_t>(width) + x]
                                                             << (8 - bits - static_cast<int>(bit % 8)));
    }
    packed.insert(packed.end(), row.begin(), row.end());
  }
  return packed;
}

TEST(StoredLabels, AreTheIndicesOfAnyDepthAndPalette) {
  // Palettes whose colours are all alike, that are grey backwards, or shorter than the indices could be.
  for (int colour_type : {kGrey, kIndexed})
    for (int bits : {1, 2, 4, 8})
      for (int width : {1, 3, 7, 8, 13}) {
        const int values = 1 << bits, height = 5;
        std::vector<uint8_t> indices;
        indices.reserve(static_cast<size_t>(width * height));
        for (int i = 0; i < width * height; i++)
          indices.push_back(
              static_cast<uint8_t>(RandomBits(1, static_cast<uint64_t>(i)) % static_cast<uint64_t>(values)));
        for (int kind = 0; kind < 3; kind++) {
          std::vector<Colour> palette;
          for (int i = 0; i < values && colour_type == kIndexed; i++) {
            const auto grey = static_cast<uint8_t>(kind == 0 ? 7 : kind == 1 ? 255 - i : i * 37);
            palette.push_back({grey, grey, static_cast<uint8_t>(kind == 2 ? 0 : grey)});
          }
          const auto png = MakePng(width, height, colour_type, bits, Pack(indices, width, bits), palette);
          const StoredLabels stored = DecodeStoredLabels(png, "labels.png");
          EXPECT_FALSE(stored.colours);
          EXPECT_EQ(stored.width, width);
          EXPECT_EQ(stored.values, std::vector<uint32_t>(indices.begin(), indices.end())) << bits << " bits";
        }
      }
}

TEST(StoredLabels, Of16BitsAreExact) {
  const std::vector<uint16_t> values = {0, 1, 255, 256, 1000, 65535};
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  const StoredLabels stored = DecodeStoredLabels(MakePng(3, 2, kGrey, 16, {bytes, bytes + 12}), "labels.png");
  EXPECT_THAT(stored.values, ElementsAre(0, 1, 255, 256, 1000, 65535));
}

TEST(StoredLabels, OfColours) {
  const auto rgb = DecodeStoredLabels(MakePng(2, 1, kRgb, 8, {1, 2, 3, 255, 254, 253}), "labels.png");
  EXPECT_TRUE(rgb.colours);
  EXPECT_THAT(rgb.values, ElementsAre(0x010203, 0xfffefd));
  const auto rgba = DecodeStoredLabels(MakePng(2, 1, kRgba, 8, {1, 2, 3, 255, 9, 8, 7, 255}), "labels.png");
  EXPECT_THAT(rgba.values, ElementsAre(0x010203, 0x090807));
  // Writers of 16 bits repeat the byte, so the upper one is the colour.
  const auto rgb16 = DecodeStoredLabels(MakePng(1, 1, kRgb, 16, {0x80, 0x80, 0x40, 0x40, 0x0c, 0x0c}), "labels.png");
  EXPECT_THAT(rgb16.values, ElementsAre(0x80400c));
  const auto rgba16 =
      DecodeStoredLabels(MakePng(1, 1, kRgba, 16, {0x80, 0x80, 0x40, 0x40, 0x0c, 0x0c, 0xff, 0xff}), "labels.png");
  EXPECT_THAT(rgba16.values, ElementsAre(0x80400c));
}

TEST(StoredLabels, RefusesWhatIsNoLabels) {
  const auto refuse = [](std::vector<uint8_t> bytes, const char* part) {
    ExpectError(ErrorCode::kInput, part, [&] { DecodeStoredLabels(bytes, "labels.png"); });
  };
  refuse({0xff, 0xd8, 0xff, 0xe0}, "labels.png is a JPEG, which does not keep labels");
  refuse({}, "not a PNG");
  refuse({'B', 'M', 0, 0}, "not a PNG");
  refuse(MakePng(1, 1, kGreyAlpha, 8, {1, 255}), "grey with alpha");
  std::vector<uint8_t> png = MakePng(9, 9, kGrey, 8, std::vector<uint8_t>(81, 3));
  for (size_t length = 0; length < png.size(); length++)
    refuse({png.begin(), png.begin() + static_cast<std::ptrdiff_t>(length)}, "labels.png");
}

TEST(Interpret, MapsValuesToClasses) {
  const LabelMap map = Interpret({3, 1, false, {0, 2, 255}}, Coding(3), "a.png");
  EXPECT_EQ(map.width, 3);
  EXPECT_THAT(map.labels, ElementsAre(0, 2, kIgnoredLabel));
}

TEST(Interpret, MapsColours) {
  LabelCoding coding = Coding(2);
  coding.of_colour = {{0x804080, 0}, {0x000000, 1}, {0xffffff, kIgnoredLabel}};
  EXPECT_THAT(Interpret({3, 1, true, {0, 0xffffff, 0x804080}}, coding, "a.png").labels,
              ElementsAre(1, kIgnoredLabel, 0));
}

TEST(Interpret, NamesFilePixelValueAndMistake) {
  const auto expect = [](std::vector<uint32_t> values, bool colours, const LabelCoding& coding, const char* part) {
    const int width = static_cast<int>(values.size());
    ExpectError(ErrorCode::kInput, part, [&] { Interpret({width, 1, colours, std::move(values)}, coding, "a.png"); });
  };
  ExpectError(ErrorCode::kInput, "a.png has value 9 at pixel (1, 2), which is none of the 3 classes", [] {
    Interpret({2, 3, false, {0, 1, 2, 0, 0, 9}}, Coding(3), "a.png");
  });
  expect({0, 128}, false, Coding(2), "a binary mask? --map 128:1");
  LabelCoding no_ignore = Coding(2);
  no_ignore.of_value[255] = kUnknownLabel;
  expect({0, 255, 0}, false, no_ignore, "a binary mask? --map 255:1");
  expect({0, 40, 80, 120}, false, Coding(4), "step by 40");
  expect({1, 2, 3, 3}, false, Coding(3), "count from 1");
  expect({0, 1, 2, 255, 1}, false, no_ignore, "--ignore-index 255");
  expect({0, 1, 2, 9, 1}, false, Coding(3), "--map VALUE:CLASS");
  std::vector<uint32_t> photograph;
  for (uint32_t i = 0; i < 200; i++) photograph.push_back(i);
  expect(photograph, false, Coding(5), "200 different values");
  expect({0xff0000, 0}, true, Coding(2), "--palette");
  expect({0x010101, 0}, true, Coding(2), "grey or indexed PNG");
  LabelCoding coloured = Coding(2);
  coloured.of_colour = {{0x804080, 0}, {0x000000, 1}};
  expect({0x804080, 0x7f4281}, true, coloured, "colour 127,66,129 at pixel (1, 0)");
  expect({0x804080, 0x7f4281}, true, coloured, "close to colour 128,64,128: the labels went through a lossy format");
  expect({0x804080, 0x00ff00}, true, coloured, "add their classes");
}

TEST(GuessMistake, TellsMasksThatWereResizedSmoothly) {
  LabelCoding coding;
  coding.classes = 2;
  coding.of_value = {0, 1};
  ValueCounts counts = {{0, 5000}, {255, 900}};
  for (uint32_t value = 7; value < 255; value += 11) counts[value] = 3;
  EXPECT_NE(GuessMistake(counts, false, coding).find("resized smoothly"), std::string::npos);
  counts.clear();
  for (uint32_t value = 0; value < 21; value++) counts[value] = value < 2 ? 5000 : 10;  // more classes than are named
  EXPECT_EQ(GuessMistake(counts, false, coding).find("resized smoothly"), std::string::npos);
}

TEST(GuessMistake, NamesThePaletteOfBlackAndWhite) {
  LabelCoding coding;
  coding.classes = 2;
  EXPECT_NE(GuessMistake({{0, 5}, {0xffffff, 5}}, true, coding).find("--palette '#000000,#ffffff'"), std::string::npos);
}

TEST(CountValues, TellsOnlySoManyApart) {
  StoredLabels photograph{1000, 100, true, {}};
  for (uint32_t i = 0; i < 100000; i++) photograph.values.push_back(i);
  EXPECT_EQ(CountValues(photograph).size(), 65536u);
  EXPECT_EQ(CountValues({4, 1, false, {7, 7, 1, 7}}), (ValueCounts{{1, 1}, {7, 3}}));
}

}  // namespace
}  // namespace fcn
