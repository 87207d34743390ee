#include "fcn/png.h"

#include <spng.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "fcn/drawing.h"
#include "fcn/files.h"
#include "fcn/raster.h"
#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

struct Encoding {
  int depth = 8;
  int colour_type = SPNG_COLOR_TYPE_TRUECOLOR;
  bool interlaced = false;
  std::vector<Colour> palette = {};
  Bytes palette_alpha = {};                // tRNS of a palette picture
  std::vector<uint16_t> transparent = {};  // tRNS of a grey or RGB picture: the colour that is clear
  Bytes exif = {};
};

/// `samples` are packed as PNG stores them, 16-bit ones in this machine's order.
Bytes Encode(const void* samples, size_t size, int width, int height, const Encoding& encoding) {
  spng_ctx* codec = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(codec, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header = {};
  header.width = static_cast<uint32_t>(width);
  header.height = static_cast<uint32_t>(height);
  header.bit_depth = static_cast<uint8_t>(encoding.depth);
  header.color_type = static_cast<uint8_t>(encoding.colour_type);
  header.interlace_method = encoding.interlaced ? SPNG_INTERLACE_ADAM7 : SPNG_INTERLACE_NONE;
  spng_set_ihdr(codec, &header);
  if (!encoding.palette.empty()) {
    spng_plte palette = {};
    for (const Colour& c : encoding.palette) palette.entries[palette.n_entries++] = {c.r, c.g, c.b, 255};
    spng_set_plte(codec, &palette);
  }
  spng_trns trns = {};
  trns.n_type3_entries = static_cast<uint32_t>(encoding.palette_alpha.size());
  std::copy(encoding.palette_alpha.begin(), encoding.palette_alpha.end(), trns.type3_alpha);
  if (encoding.transparent.size() == 1) trns.gray = encoding.transparent[0];
  if (encoding.transparent.size() == 3) {
    trns.red = encoding.transparent[0];
    trns.green = encoding.transparent[1];
    trns.blue = encoding.transparent[2];
  }
  if (!encoding.palette_alpha.empty() || !encoding.transparent.empty()) spng_set_trns(codec, &trns);
  Bytes exif_bytes = encoding.exif;
  spng_exif exif = {exif_bytes.size(), reinterpret_cast<char*>(exif_bytes.data())};
  if (!exif_bytes.empty()) spng_set_exif(codec, &exif);
  EXPECT_EQ(spng_encode_image(codec, samples, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
  size_t length = 0;
  int status = 0;
  void* out = spng_get_png_buffer(codec, &length, &status);
  Bytes bytes(static_cast<uint8_t*>(out), static_cast<uint8_t*>(out) + length);
  std::free(out);
  spng_ctx_free(codec);
  return bytes;
}

Bytes Encode(const Bytes& samples, int width, int height, const Encoding& encoding) {
  return Encode(samples.data(), samples.size(), width, height, encoding);
}

Bytes Encode(const Image& image, bool interlaced = false, const Bytes& exif = {}) {
  return Encode(image.rgb, image.width, image.height, {.interlaced = interlaced, .exif = exif});
}

/// Sets width and height in the header, whose checksum is made right again.
void SetSize(Bytes& png, uint32_t width, uint32_t height) {
  for (size_t i = 0; i < 4; i++) {
    png[16 + i] = static_cast<uint8_t>(width >> (24 - 8 * i));
    png[20 + i] = static_cast<uint8_t>(height >> (24 - 8 * i));
  }
  uint32_t crc = 0xffffffffu;
  for (size_t i = 12; i < 29; i++) {
    crc ^= png[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  for (size_t i = 0; i < 4; i++) png[29 + i] = static_cast<uint8_t>(~crc >> (24 - 8 * i));
}

TEST(Png, RgbIsExactAtAnySizePlainAndInterlaced) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {7, 1}, {8, 8}, {17, 33}, {101, 67}})
    for (const bool interlaced : {false, true})
      ExpectSame(Decode(Encode(Noise(width, height), interlaced)), Noise(width, height));
}

TEST(Png, SixteenBitsKeepTheHighByte) {
  const uint16_t rgb[] = {0x00ff, 0x1234, 0xffff, 0x8000, 0x7fff, 0x0100};
  ExpectSame(Decode(Encode(rgb, sizeof rgb, 2, 1, {.depth = 16})), {2, 1, {0x00, 0x12, 0xff, 0x80, 0x7f, 0x01}});
  const uint16_t grey[] = {0x00ff, 0xabcd};
  ExpectSame(Decode(Encode(grey, sizeof grey, 2, 1, {.depth = 16, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE})),
             {2, 1, {0, 0, 0, 0xab, 0xab, 0xab}});
}

TEST(Png, GreyOfFewBitsIsScaledToTheFullRange) {
  ExpectSame(Decode(Encode(Bytes{0b10100000}, 3, 1, {.depth = 1, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE})),
             {3, 1, {255, 255, 255, 0, 0, 0, 255, 255, 255}});
  ExpectSame(Decode(Encode(Bytes{0b00011011}, 4, 1, {.depth = 2, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE})),
             {4, 1, {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}});
}

Raster Bands(const Bytes& bytes, const ReadImageOptions& options = {}) {
  return DecodeRaster(bytes.data(), bytes.size(), "picture", options);
}

TEST(Png, BandsAreExactInEveryForm) {
  const struct {
    int colour_type, bands;
  } forms[] = {{SPNG_COLOR_TYPE_GRAYSCALE, 1},
               {SPNG_COLOR_TYPE_GRAYSCALE_ALPHA, 2},
               {SPNG_COLOR_TYPE_TRUECOLOR, 3},
               {SPNG_COLOR_TYPE_TRUECOLOR_ALPHA, 4}};
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 1}, {17, 33}})
    for (const auto& form : forms)
      for (const bool interlaced : {false, true}) {
        Bytes bytes = Noise(2 * width, height).rgb;
        bytes.resize(static_cast<size_t>(2 * width * height * form.bands), 77);
        std::vector<uint16_t> wide(bytes.size() / 2);
        std::memcpy(wide.data(), bytes.data(), bytes.size());
        bytes.resize(wide.size());
        const Encoding encoding{.colour_type = form.colour_type, .interlaced = interlaced};
        EXPECT_EQ(Bands(Encode(bytes, width, height, encoding)), Raster(width, height, form.bands, bytes));
        Encoding wide_encoding = encoding;
        wide_encoding.depth = 16;
        EXPECT_EQ(Bands(Encode(wide.data(), 2 * wide.size(), width, height, wide_encoding)),
                  Raster(width, height, form.bands, wide));
      }
}

TEST(Png, BandsOfFewBitsAreSpreadAndPalettesAreTheirColours) {
  EXPECT_EQ(Bands(Encode(Bytes{0b00011011}, 4, 1, {.depth = 2, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE})),
            Raster(4, 1, 1, Bytes{0, 85, 170, 255}));
  const Encoding palette{
      .depth = 4, .colour_type = SPNG_COLOR_TYPE_INDEXED, .palette = {{1, 2, 3}, {4, 5, 6}}, .palette_alpha = {0, 255}};
  EXPECT_EQ(Bands(Encode(Bytes{0x10}, 2, 1, palette)), Raster(2, 1, 3, Bytes{4, 5, 6, 1, 2, 3}));
  // A colour that is declared clear is a colour.
  EXPECT_EQ(Bands(Encode(Bytes{9, 8}, 2, 1, {.colour_type = SPNG_COLOR_TYPE_GRAYSCALE, .transparent = {9}})),
            Raster(2, 1, 1, Bytes{9, 8}));
}

TEST(Png, BandsAreChosenInAnyOrderAndStandUpright) {
  const Bytes png = Encode(Bytes{1, 2, 3, 4, 5, 6, 7, 8}, 2, 1, {.colour_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA});
  EXPECT_EQ(Bands(png, {.bands = {4, 1}}), Raster(2, 1, 2, Bytes{4, 1, 8, 5}));
  EXPECT_EQ(Bands(png, {.bands = {2, 2, 2, 2, 1}}), Raster(2, 1, 5, Bytes{2, 2, 2, 2, 1, 6, 6, 6, 6, 5}));
  ExpectError(ErrorCode::kInput, "has 4 bands, and band 5", [&] { Bands(png, {.bands = {5}}); });
  ExpectError(ErrorCode::kUsage, "65 bands", [&] { Bands(png, {.bands = std::vector<int>(65, 1)}); });
  const Image image = Noise(5, 3);
  for (int orientation = 1; orientation <= 8; orientation++)
    EXPECT_EQ(Bands(Encode(image, false, Exif(orientation))), Raster(Shown(image, orientation)));
  const std::vector<uint16_t> column = {258, 772};
  const Bytes turned =
      Encode(column.data(), 4, 1, 2, {.depth = 16, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE, .exif = Exif(6)});
  EXPECT_EQ(Bands(turned), Raster(2, 1, 1, std::vector<uint16_t>{772, 258}));
}

TEST(Png, TransparencyOfEveryKindIsLaidOverWhite) {
  ExpectSame(Decode(Encode(Bytes{10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128}, 3, 1,
                           {.colour_type = SPNG_COLOR_TYPE_TRUECOLOR_ALPHA})),
             {3, 1, {10, 20, 30, 255, 255, 255, 127, 177, 255}});
  ExpectSame(Decode(Encode(Bytes{0, 51, 7, 255}, 2, 1, {.colour_type = SPNG_COLOR_TYPE_GRAYSCALE_ALPHA})),
             {2, 1, {204, 204, 204, 7, 7, 7}});
  ExpectSame(
      Decode(Encode(Bytes{0, 1}, 2, 1,
                    {.colour_type = SPNG_COLOR_TYPE_INDEXED, .palette = {{1, 2, 3}, {4, 5, 6}}, .palette_alpha = {0}})),
      {2, 1, {255, 255, 255, 4, 5, 6}});
  ExpectSame(Decode(Encode(Bytes{1, 2, 3, 1, 2, 4}, 2, 1, {.transparent = {1, 2, 3}})),
             {2, 1, {255, 255, 255, 1, 2, 4}});
  ExpectSame(Decode(Encode(Bytes{9, 8}, 2, 1, {.colour_type = SPNG_COLOR_TYPE_GRAYSCALE, .transparent = {9}})),
             {2, 1, {255, 255, 255, 8, 8, 8}});
}

TEST(Png, OrientationOfTheExifChunkCounts) {
  for (int orientation = 1; orientation <= 8; orientation++)
    ExpectSame(Decode(Encode(Noise(11, 6), false, Exif(orientation))), Shown(Noise(11, 6), orientation));
}

TEST(Png, EveryPrefixIsRefused) {
  ExpectEveryPrefixRefused(Encode(Noise(9, 7)));
  ExpectEveryPrefixRefused(Encode(Noise(9, 7), true, Exif(3)));
  ExpectEveryPrefixRefused(EncodeIndexedPng(Bytes(30, 1).data(), 5, 6, VocPalette(2)));
}

TEST(Png, EveryBitFlipIsSurvived) { ExpectEveryBitFlipSurvived(Encode(Noise(4, 3), true, Exif(3))); }

TEST(Png, BombsAreRefusedWithTheFigures) {
  Bytes bytes = Encode(Noise(4, 4));
  SetSize(bytes, 60000, 60000);
  ExpectError(ErrorCode::kMemory, "60000x60000 pixels (10800 MB as RGB), more than the limit of 1073741824",
              [&] { Decode(bytes, {.max_pixels = 1 << 30}); });
  SetSize(bytes, 1 << 24, 1 << 24);
  ExpectError(ErrorCode::kMemory, "16777216x16777216", [&] { Decode(bytes, {.max_pixels = INT64_MAX}); });
  SetSize(bytes, 8000, 8000);
  ExpectError(ErrorCode::kMemory, "at most 50000000 pixels are read from so few", [&] { Decode(bytes); });
  SetSize(bytes, 1000, 1000);
  ExpectError(ErrorCode::kInput, "at most 1032 bytes into one", [&] { Decode(bytes); });
  SetSize(bytes, 0, 4);
  ExpectError(ErrorCode::kInput, "picture", [&] { Decode(bytes); });
}

TEST(PngLabels, IndicesOfEveryDepthComeBackExactly) {
  for (const int depth : {1, 2, 4, 8})
    for (const int width : {1, 3, 8, 13})
      for (const bool interlaced : {false, true})
        for (const int colour_type : {SPNG_COLOR_TYPE_INDEXED, SPNG_COLOR_TYPE_GRAYSCALE}) {
          const int height = 5;
          const size_t stride = static_cast<size_t>((width * depth + 7) / 8);
          Bytes indices, packed(stride * height);
          for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
              const int value = (7 * x + 11 * y + 3) % (1 << depth);
              indices.push_back(static_cast<uint8_t>(value));
              packed[static_cast<size_t>(y) * stride + static_cast<size_t>(x * depth / 8)] |=
                  static_cast<uint8_t>(value << (8 - depth - x * depth % 8));
            }
          Encoding encoding{.depth = depth, .colour_type = colour_type, .interlaced = interlaced};
          // All entries of one colour: only the indices tell the labels apart.
          if (colour_type == SPNG_COLOR_TYPE_INDEXED) encoding.palette.assign(size_t{1} << depth, {9, 9, 9});
          const IndexedImage image = DecodeIndexedPng(Encode(packed, width, height, encoding), "labels");
          EXPECT_EQ(image.width, width);
          EXPECT_EQ(image.height, height);
          EXPECT_EQ(image.indices, indices) << depth << " bits, width " << width << ", interlaced " << interlaced;
          EXPECT_EQ(image.palette, encoding.palette);
        }
}

TEST(PngLabels, WhatIsWrittenIsReadBack) {
  const std::filesystem::path path = testing::TempDir() + "fcn_image_png_test.png";
  Bytes labels;
  for (int i = 0; i < 33 * 17; i++) labels.push_back(static_cast<uint8_t>(i * 31 % 256));
  WriteIndexedPng(path, labels.data(), 33, 17, VocPalette());
  const IndexedImage indexed = ReadIndexedPng(path);
  EXPECT_EQ(indexed.width, 33);
  EXPECT_EQ(indexed.height, 17);
  EXPECT_EQ(indexed.indices, labels);
  EXPECT_EQ(indexed.palette, VocPalette());
  Image colours{33, 17, {}};
  for (const uint8_t label : labels) {
    const Colour c = VocPalette()[label];
    colours.rgb.insert(colours.rgb.end(), {c.r, c.g, c.b});
  }
  ExpectSame(ReadImage(path), colours);

  std::vector<uint16_t> values(labels.size());
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<uint16_t>(i * 117);
  WriteGrey16Png(path, values.data(), 33, 17);
  EXPECT_EQ(ReadGrey16Png(path).values, values);

  WriteRgbPng(path, Noise(33, 17));
  ExpectSame(ReadImage(path), Noise(33, 17));
  std::filesystem::remove(path);
}

TEST(PngLabels, ValuesOfFewBitsAreReadAsTheyAre) {
  const Grey16Image image = DecodeGrey16Png(
      Encode(Bytes{0b00011011}, 4, 1, {.depth = 2, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE}), "labels");
  EXPECT_EQ(image.values, (std::vector<uint16_t>{0, 1, 2, 3}));
}

TEST(PngLabels, PicturesAreNotTakenForLabels) {
  const Bytes rgb = Encode(Noise(4, 4));
  ExpectError(ErrorCode::kInput, "masks.png has 8-bit RGB pixels in place of labels",
              [&] { DecodeIndexedPng(rgb, "masks.png"); });
  ExpectError(ErrorCode::kInput, "masks.png has 8-bit RGB pixels", [&] { DecodeGrey16Png(rgb, "masks.png"); });
  const uint16_t grey[] = {1, 2};
  const Bytes grey16 = Encode(grey, sizeof grey, 2, 1, {.depth = 16, .colour_type = SPNG_COLOR_TYPE_GRAYSCALE});
  ExpectError(ErrorCode::kInput, "16-bit grey", [&] { DecodeIndexedPng(grey16, "masks.png"); });
  ExpectError(ErrorCode::kInput, "masks.jpg is not a PNG", [] {
    DecodeIndexedPng(Bytes{0xff, 0xd8, 0xff, 0xe0}, "masks.jpg");
  });
  ExpectError(ErrorCode::kInput, "is not a PNG (0 bytes)", [] { DecodeIndexedPng({}, "masks.png"); });
}

TEST(PngLabels, TruncatedAndHugeFilesAreRefused) {
  Bytes bytes = EncodeIndexedPng(Bytes(300, 3).data(), 20, 15, VocPalette(4));
  for (size_t length = 0; length < bytes.size(); length++)
    ExpectError(ErrorCode::kInput, "labels", [&] { DecodeIndexedPng({bytes.data(), length}, "labels"); });
  SetSize(bytes, 60000, 60000);
  ExpectError(ErrorCode::kMemory, "are read from so few", [&] { DecodeIndexedPng(bytes, "labels"); });
}

TEST(PngLabels, EveryLabelNeedsAColour) {
  const uint8_t labels[] = {0, 1, 2, 3, 4, 5};
  ExpectError(ErrorCode::kInput, "label 4 at x 1, y 1 has no colour: the palette has 4",
              [&] { EncodeIndexedPng(labels, 3, 2, VocPalette(4)); });
  ExpectError(ErrorCode::kInput, "palette of 0 colours", [&] { EncodeIndexedPng(labels, 3, 2, {}); });
  const std::vector<uint16_t> wide = {0, 3, 3, 1, 2, 300};
  ExpectError(ErrorCode::kInput, "label 300 at x 2, y 1", [&] { EncodeLabelPng(wide, 3, 2, VocPalette(4)); });
  ExpectError(ErrorCode::kUsage, "3x3 pixels cannot have 6 labels", [&] { EncodeLabelPng(wide, 3, 3, VocPalette(4)); });
  EXPECT_EQ(EncodeLabelPng(wide, 3, 2, VocPalette(301)), EncodeGrey16Png(wide.data(), 3, 2));
  const Bytes narrow = {0, 3, 3, 1, 2, 2};
  EXPECT_EQ(EncodeLabelPng(std::vector<uint16_t>(narrow.begin(), narrow.end()), 3, 2, VocPalette(4)),
            EncodeIndexedPng(narrow.data(), 3, 2, VocPalette(4)));
  ExpectError(ErrorCode::kUsage, "0x2 pixels", [&] { EncodeIndexedPng(labels, 0, 2, VocPalette(4)); });
  ExpectError(ErrorCode::kUsage, "3x-1 pixels", [] { EncodeGrey16Png(nullptr, 3, -1); });
  ExpectError(ErrorCode::kUsage, "2x1 pixels cannot have 5 bytes", [] { EncodeRgbPng({2, 1, Bytes(5, 0)}); });
  ExpectError(ErrorCode::kInput, "palette of 257 colours", [&] { EncodeIndexedPng(labels, 3, 2, VocPalette(257)); });
}

TEST(PngLabels, AnUnwritableFolderIsNamed) {
  const uint8_t label = 0;
  ExpectError(ErrorCode::kIo, "/nowhere/labels.png",
              [&] { WriteIndexedPng("/nowhere/labels.png", &label, 1, 1, VocPalette(1)); });
}

TEST(Palette, IsPascalVocs) {
  const std::vector<Colour> palette = VocPalette();
  ASSERT_EQ(palette.size(), 256u);
  EXPECT_EQ(palette[0], (Colour{0, 0, 0}));
  EXPECT_EQ(palette[1], (Colour{128, 0, 0}));        // aeroplane
  EXPECT_EQ(palette[8], (Colour{64, 0, 0}));         // cat
  EXPECT_EQ(palette[15], (Colour{192, 128, 128}));   // person
  EXPECT_EQ(palette[20], (Colour{0, 64, 128}));      // TV monitor
  EXPECT_EQ(palette[255], (Colour{224, 224, 192}));  // the rims that are not scored
  EXPECT_EQ(VocPalette(1000)[511], (Colour{224, 224, 224}));
  EXPECT_TRUE(VocPalette(0).empty());
}

}  // namespace
}  // namespace fcn::test
