#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>

#include "fcn/raster.h"
#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

struct Encoding {
  J_COLOR_SPACE in = JCS_RGB, stored = JCS_YCbCr;
  int components = 3;
  int quality = 95;
  int luma_h = 2, luma_v = 2;  // sampling of the first component
  bool progressive = false, arithmetic = false;
  Bytes app1 = {};
};

Bytes Encode(const uint8_t* pixels, int width, int height, const Encoding& encoding) {
  jpeg_compress_struct codec;
  jpeg_error_mgr errors;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* out = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&codec, &out, &size);
  codec.image_width = static_cast<JDIMENSION>(width);
  codec.image_height = static_cast<JDIMENSION>(height);
  codec.input_components = encoding.components;
  codec.in_color_space = encoding.in;
  jpeg_set_defaults(&codec);
  jpeg_set_colorspace(&codec, encoding.stored);
  jpeg_set_quality(&codec, encoding.quality, TRUE);
  if (encoding.stored != JCS_GRAYSCALE) {
    codec.comp_info[0].h_samp_factor = encoding.luma_h;
    codec.comp_info[0].v_samp_factor = encoding.luma_v;
    if (encoding.components == 4) {
      codec.comp_info[3].h_samp_factor = encoding.luma_h;
      codec.comp_info[3].v_samp_factor = encoding.luma_v;
    }
  }
  codec.arith_code = encoding.arithmetic ? TRUE : FALSE;
  if (encoding.progressive) jpeg_simple_progression(&codec);
  jpeg_start_compress(&codec, TRUE);
  if (!encoding.app1.empty())
    jpeg_write_marker(&codec, JPEG_APP0 + 1, encoding.app1.data(), static_cast<unsigned>(encoding.app1.size()));
  for (int y = 0; y < height; y++) {
    JSAMPROW row = const_cast<uint8_t*>(pixels) + int64_t{y} * width * encoding.components;
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  Bytes bytes(out, out + size);
  std::free(out);
  return bytes;
}

Bytes Encode(const Image& image, const Encoding& encoding = {}) {
  return Encode(image.rgb.data(), image.width, image.height, encoding);
}

Bytes WithHeading(const Bytes& exif) {
  Bytes marker(6 + exif.size());
  std::memcpy(marker.data(), "Exif\0", 6);
  std::copy(exif.begin(), exif.end(), marker.begin() + 6);
  return marker;
}

/// Where the start-of-frame marker holds height and width, two big-endian bytes each.
size_t FrameSizeAt(const Bytes& bytes) {
  for (size_t i = 2; i + 9 < bytes.size();) {
    if (bytes[i + 1] == 0xc0 || bytes[i + 1] == 0xc2) return i + 5;
    i += 2 + static_cast<size_t>(bytes[i + 2] * 256 + bytes[i + 3]);
  }
  ADD_FAILURE() << "no frame";
  return 0;
}

TEST(Jpeg, KeepsColoursAtEveryChromaSamplingAndSize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {7, 1}, {8, 8}, {17, 33}, {64, 48}, {101, 67}})
    for (const auto& [h, v] : {std::pair{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}})
      for (const bool progressive : {false, true}) {
        const Image image = Gradient(width, height);
        const Bytes bytes = Encode(image, {.quality = 100, .luma_h = h, .luma_v = v, .progressive = progressive});
        ExpectClose(Decode(bytes), image, h * v == 1 ? 5 : 30);
      }
}

TEST(Jpeg, GreyBecomesEqualChannels) {
  Bytes grey;
  Image expected{19, 5, {}};
  for (int i = 0; i < 19 * 5; i++) {
    grey.push_back(static_cast<uint8_t>(2 * i));
    expected.rgb.insert(expected.rgb.end(), 3, grey.back());
  }
  const Image image = Decode(
      Encode(grey.data(), 19, 5, {.in = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE, .components = 1, .quality = 100}));
  ExpectClose(image, expected, 2);
  for (size_t i = 0; i < image.rgb.size(); i += 3) {
    EXPECT_EQ(image.rgb[i], image.rgb[i + 1]);
    EXPECT_EQ(image.rgb[i], image.rgb[i + 2]);
  }
}

TEST(Jpeg, GreyIsOneBand) {
  const Bytes grey(8 * 8, 77);
  const Bytes bytes =
      Encode(grey.data(), 8, 8, {.in = JCS_GRAYSCALE, .stored = JCS_GRAYSCALE, .components = 1, .quality = 100});
  const auto bands = [](const Bytes& of, const ReadImageOptions& options) {
    return DecodeRaster(of.data(), of.size(), "picture", options);
  };
  EXPECT_EQ(bands(bytes, {}), Raster(8, 8, 1, grey));
  EXPECT_EQ(bands(bytes, {.bands = {1, 1}}).bands, 2);
  EXPECT_EQ(bands(Encode(Gradient(8, 8), {}), {}).bands, 3);
  ExpectError(ErrorCode::kInput, "has 1 band, and band 2 is asked for", [&] { bands(bytes, {.bands = {2}}); });
}

TEST(Jpeg, StoredRgbIsNotTakenForYcbcr) {
  const Image image = Gradient(24, 24);
  ExpectClose(Decode(Encode(image, {.stored = JCS_RGB, .quality = 100, .luma_h = 1, .luma_v = 1})), image, 3);
}

TEST(Jpeg, CmykAndYcckAreInvertedInksAsAdobeWritesThem) {
  // Four flat fields: paper, cyan, black ink over nothing, and a mixture; 255 means no ink.
  const uint8_t fields[4][4] = {{255, 255, 255, 255}, {0, 255, 255, 255}, {255, 255, 255, 0}, {128, 200, 64, 128}};
  const uint8_t expected[4][3] = {{255, 255, 255}, {0, 255, 255}, {0, 0, 0}, {64, 100, 32}};
  for (const J_COLOR_SPACE stored : {JCS_CMYK, JCS_YCCK})
    for (size_t field = 0; field < 4; field++) {
      Bytes cmyk;
      for (int i = 0; i < 16 * 16; i++) cmyk.insert(cmyk.end(), fields[field], fields[field] + 4);
      const Image image =
          Decode(Encode(cmyk.data(), 16, 16,
                        {.in = JCS_CMYK, .stored = stored, .components = 4, .quality = 100, .luma_h = 1, .luma_v = 1}));
      ASSERT_EQ(image.rgb.size(), size_t{16} * 16 * 3);
      for (size_t i = 0; i < image.rgb.size(); i++)
        ASSERT_NEAR(image.rgb[i], expected[field][i % 3], 3) << "field " << field << ", channel " << i % 3;
    }
}

TEST(Jpeg, EveryOrientationStandsUpright) {
  const Image image = Gradient(40, 23);
  const Image stored = Decode(Encode(image));
  for (int orientation = 1; orientation <= 8; orientation++)
    for (const bool big_endian : {true, false}) {
      const Bytes bytes = Encode(image, {.app1 = WithHeading(Exif(orientation, big_endian))});
      ExpectSame(Decode(bytes), Shown(stored, orientation));
    }
}

TEST(Jpeg, NonsenseInExifLeavesThePictureAsItIs) {
  const Image image = Gradient(16, 8);
  const Image stored = Decode(Encode(image));
  Bytes cut = WithHeading(Exif(6));
  cut.resize(17);
  for (const Bytes& app1 :
       {WithHeading(Exif(0)), WithHeading(Exif(9)), WithHeading(Exif(255)), cut,
        WithHeading({'M', 'M', 0, 42, 255, 255, 255, 255}), Bytes{'h', 't', 't', 'p', ':', '/', '/'}})
    ExpectSame(Decode(Encode(image, {.app1 = app1})), stored);
}

TEST(Jpeg, EveryPrefixIsRefused) {
  ExpectEveryPrefixRefused(Encode(Gradient(33, 21), {.app1 = WithHeading(Exif(6))}));
  ExpectEveryPrefixRefused(Encode(Gradient(33, 21), {.progressive = true}));
}

TEST(Jpeg, EveryBitFlipIsSurvived) {
  ExpectEveryBitFlipSurvived(Encode(Gradient(9, 9), {.app1 = WithHeading(Exif(6))}));
  ExpectEveryBitFlipSurvived(Encode(Gradient(9, 9), {.progressive = true}));
}

TEST(Jpeg, OdditiesThatLeaveThePixelsWholeAreAcceptedSilently) {
  const Image image = Gradient(16, 16);
  Bytes bytes = Encode(image);
  const Image expected = Decode(bytes);
  testing::internal::CaptureStderr();
  bytes.insert(bytes.end() - 2, {0x12, 0x34, 0x56, 0x78, 0x9a});  // junk ahead of the end marker
  bytes.insert(bytes.end(), {'j', 'u', 'n', 'k'});
  ExpectSame(Decode(bytes), expected);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Jpeg, BombsAreRefusedWithTheFigures) {
  Bytes bytes = Encode(Gradient(16, 16));
  const size_t at = FrameSizeAt(bytes);
  bytes[at] = bytes[at + 2] = 0xea;
  bytes[at + 1] = bytes[at + 3] = 0x60;  // 60000 x 60000
  ExpectError(ErrorCode::kMemory, "60000x60000 pixels (10800 MB as RGB), more than the limit of 1073741824",
              [&] { Decode(bytes, {.max_pixels = 1 << 30}); });
  bytes[at] = bytes[at + 2] = 0x10;
  bytes[at + 1] = bytes[at + 3] = 0;  // 4096 x 4096: within the limits, but 49152 blocks do not fit
  ExpectError(ErrorCode::kInput, "at least one bit on each 8x8 block", [&] { Decode(bytes); });
  ExpectError(ErrorCode::kMemory, "more than the limit of 255 pixels",
              [] { Decode(Encode(Gradient(16, 16)), {.max_pixels = 255}); });
  EXPECT_NO_THROW(Decode(Encode(Gradient(16, 16)), {.max_pixels = 256}));
}

TEST(Jpeg, ThousandsOfScansAreRefused) {
  const Bytes once = Encode(Gradient(16, 16), {.progressive = true});
  // The first scan (of the DC values) with its Huffman tables, again and again.
  const auto find = [&](uint8_t marker, size_t from) {
    while (once[from] != 0xff || once[from + 1] != marker) from++;
    return once.begin() + static_cast<std::ptrdiff_t>(from);
  };
  const auto tables = find(0xc4, 0), scan = find(0xda, static_cast<size_t>(tables - once.begin()));
  const auto next = find(0xc4, static_cast<size_t>(scan - once.begin()));
  const auto repeated = [&](int times) {
    Bytes bytes(once.begin(), tables);
    for (int i = 0; i < times; i++) bytes.insert(bytes.end(), tables, next);
    bytes.insert(bytes.end(), next, once.end());
    return bytes;
  };
  ExpectSame(Decode(repeated(20)), Decode(once));
  ExpectError(ErrorCode::kInput, "more than 100 scans", [&] { Decode(repeated(2000)); });
}

TEST(Jpeg, ArithmeticCodingIsNamed) {
  ExpectError(ErrorCode::kUnsupported, "arithmetic coding",
              [] { Decode(Encode(Gradient(16, 16), {.arithmetic = true})); });
}

}  // namespace
}  // namespace fcn::test
