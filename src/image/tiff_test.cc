#include <tiffio.h>

#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "fcn/raster.h"
#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

struct Encoding {
  int bits = 8;
  int samples = 3;
  int photometric = PHOTOMETRIC_RGB;
  int compression = COMPRESSION_NONE;
  bool planes = false;
  int tile = 0;    // side of a square tile; 0: strips
  int strip = 0;   // rows of a strip; 0: one strip
  int alpha = -1;  // EXTRASAMPLE_… of the last sample
  int orientation = 1;
  const char* mode = "w";  // "wl": little-endian, "wb": big-endian, "w8": BigTIFF
  bool is_float = false;
};

struct Memory {
  Bytes bytes;
  size_t position = 0;

  static tmsize_t Read(thandle_t handle, void* out, tmsize_t size) {
    auto& memory = *static_cast<Memory*>(handle);
    const size_t count = std::min(static_cast<size_t>(size), memory.bytes.size() - memory.position);
    std::memcpy(out, memory.bytes.data() + memory.position, count);
    memory.position += count;
    return static_cast<tmsize_t>(count);
  }
  static tmsize_t Write(thandle_t handle, void* in, tmsize_t size) {
    auto& memory = *static_cast<Memory*>(handle);
    const size_t end = memory.position + static_cast<size_t>(size);
    if (memory.bytes.size() < end) memory.bytes.resize(end);
    std::memcpy(memory.bytes.data() + memory.position, in, static_cast<size_t>(size));
    memory.position = end;
    return size;
  }
  static toff_t Seek(thandle_t handle, toff_t offset, int whence) {
    auto& memory = *static_cast<Memory*>(handle);
    if (whence == SEEK_CUR) offset += memory.position;
    if (whence == SEEK_END) offset += memory.bytes.size();
    if (memory.bytes.size() < offset) memory.bytes.resize(offset);
    return memory.position = offset;
  }
  static int Close(thandle_t) { return 0; }
  static toff_t Size(thandle_t handle) { return static_cast<Memory*>(handle)->bytes.size(); }
};

/// `pixels` are interleaved samples of 8 or 16 bits, or rows packed as TIFF stores them where bits < 8.
Bytes Encode(const uint8_t* pixels, int width, int height, const Encoding& e) {
  Memory memory;
  TIFF* tiff = TIFFClientOpen("memory", e.mode, &memory, Memory::Read, Memory::Write, Memory::Seek, Memory::Close,
                              Memory::Size, nullptr, nullptr);
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, e.bits);
  TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, e.samples);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, e.photometric);
  TIFFSetField(tiff, TIFFTAG_COMPRESSION, e.compression);
  TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, e.planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  TIFFSetField(tiff, TIFFTAG_ORIENTATION, e.orientation);
  if (e.is_float) TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
  if (e.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  if (e.alpha >= 0) {
    const auto kind = static_cast<uint16_t>(e.alpha);
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
  }
  if (e.photometric == PHOTOMETRIC_PALETTE) {
    uint16_t red[256], green[256], blue[256];
    for (int i = 0; i < 256; i++) {
      red[i] = static_cast<uint16_t>(i << 8);
      green[i] = static_cast<uint16_t>((255 - i) << 8);
      blue[i] = static_cast<uint16_t>((i ^ 0x55) << 8);
    }
    TIFFSetField(tiff, TIFFTAG_COLORMAP, red, green, blue);
  }
  const int64_t bytes = std::max(e.bits / 8, 1), stored = e.planes ? 1 : e.samples;
  const int block_width = e.tile ? e.tile : width, block_height = e.tile ? e.tile : (e.strip ? e.strip : height);
  if (e.tile) {
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, e.tile);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, e.tile);
  } else {
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, block_height);
  }
  const int64_t row_bytes = e.bits < 8 ? (width * e.bits + 7) / 8 : 0;
  uint32_t index = 0;
  for (int plane = 0; plane < (e.planes ? e.samples : 1); plane++)
    for (int y0 = 0; y0 < height; y0 += block_height)
      for (int x0 = 0; x0 < width; x0 += block_width, index++) {
        const int rows = e.tile ? block_height : std::min(block_height, height - y0);
        Bytes block;
        if (e.bits < 8) {
          block.assign(pixels + y0 * row_bytes, pixels + (y0 + rows) * row_bytes);
        } else {
          block.resize(static_cast<size_t>(int64_t{rows} * block_width * stored * bytes));
          for (int y = 0; y < std::min(rows, height - y0); y++)
            for (int x = 0; x < std::min(block_width, width - x0); x++)
              std::memcpy(&block[static_cast<size_t>((int64_t{y} * block_width + x) * stored * bytes)],
                          pixels + ((int64_t{y0 + y} * width + x0 + x) * e.samples + plane) * bytes,
                          static_cast<size_t>(stored * bytes));
        }
        const auto size = static_cast<tmsize_t>(block.size());
        EXPECT_EQ(e.tile ? TIFFWriteEncodedTile(tiff, index, block.data(), size)
                         : TIFFWriteEncodedStrip(tiff, index, block.data(), size),
                  size);
      }
  TIFFClose(tiff);
  return memory.bytes;
}

Bytes Encode(const Image& image, const Encoding& encoding = {}) {
  return Encode(image.rgb.data(), image.width, image.height, encoding);
}

Bytes Encode16(const std::vector<uint16_t>& samples, int width, int height, Encoding encoding) {
  encoding.bits = 16;
  return Encode(reinterpret_cast<const uint8_t*>(samples.data()), width, height, encoding);
}

TEST(Tiff, StripsTilesAndPlanesOfEveryCompressionAreExact) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 21}, {35, 1}, {33, 41}})
    for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS,
                                  COMPRESSION_ZSTD, COMPRESSION_LZMA})
      for (const bool planes : {false, true})
        for (const auto& [tile, strip] : {std::pair{0, 0}, {0, 1}, {0, 7}, {16, 0}, {64, 0}})
          for (const char* mode : {"wl", "wb", "w8"}) {
            if (!TIFFIsCODECConfigured(static_cast<uint16_t>(compression))) continue;
            const Encoding encoding{
                .compression = compression, .planes = planes, .tile = tile, .strip = strip, .mode = mode};
            ExpectSame(Decode(Encode(Noise(width, height), encoding)), Noise(width, height));
          }
}

TEST(Tiff, SixteenBitsKeepTheHighByte) {
  const std::vector<uint16_t> rgb = {0x00ff, 0x1234, 0xffff, 0x8000, 0x7fff, 0x0100};
  for (const char* mode : {"wl", "wb"})
    for (const bool planes : {false, true})
      ExpectSame(Decode(Encode16(rgb, 2, 1, {.planes = planes, .mode = mode})),
                 {2, 1, {0x00, 0x12, 0xff, 0x80, 0x7f, 0x01}});
  ExpectSame(Decode(Encode16({0x00ff, 0xabcd}, 2, 1, {.samples = 1, .photometric = PHOTOMETRIC_MINISBLACK})),
             {2, 1, {0, 0, 0, 0xab, 0xab, 0xab}});
  ExpectSame(Decode(Encode16({0xffff, 0, 0x8000, 0}, 1, 1, {.samples = 4, .photometric = PHOTOMETRIC_SEPARATED})),
             {1, 1, {0, 255, 127}});
}

TEST(Tiff, GreyBothWaysPaletteAndBilevel) {
  const Bytes grey = {0, 100, 255};
  ExpectSame(Decode(Encode(grey.data(), 3, 1, {.samples = 1, .photometric = PHOTOMETRIC_MINISBLACK})),
             {3, 1, {0, 0, 0, 100, 100, 100, 255, 255, 255}});
  ExpectSame(Decode(Encode(grey.data(), 3, 1, {.samples = 1, .photometric = PHOTOMETRIC_MINISWHITE})),
             {3, 1, {255, 255, 255, 155, 155, 155, 0, 0, 0}});
  ExpectSame(Decode(Encode(grey.data(), 3, 1, {.samples = 1, .photometric = PHOTOMETRIC_PALETTE})),
             {3, 1, {0, 255, 0x55, 100, 155, 100 ^ 0x55, 255, 0, 0xaa}});
  const Bytes bits = {0b10100000};
  ExpectSame(
      Decode(Encode(
          bits.data(), 3, 1,
          {.bits = 1, .samples = 1, .photometric = PHOTOMETRIC_MINISWHITE, .compression = COMPRESSION_CCITTFAX4})),
      {3, 1, {0, 0, 0, 255, 255, 255, 0, 0, 0}});
}

TEST(Tiff, CmykIsInkOverPaper) {
  const Bytes cmyk = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 51, 102, 0, 51};
  ExpectSame(Decode(Encode(cmyk.data(), 4, 1, {.samples = 4, .photometric = PHOTOMETRIC_SEPARATED})),
             {4, 1, {255, 255, 255, 0, 255, 255, 0, 0, 0, 163, 122, 204}});
}

TEST(Tiff, AlphaIsLaidOverWhiteAndOtherExtraSamplesAreSkipped) {
  const Bytes rgba = {0, 100, 255, 128};
  ExpectSame(Decode(Encode(rgba.data(), 1, 1, {.samples = 4, .alpha = EXTRASAMPLE_UNASSALPHA})),
             {1, 1, {127, 177, 255}});
  const Bytes premultiplied = {0, 50, 128, 128};
  ExpectSame(Decode(Encode(premultiplied.data(), 1, 1, {.samples = 4, .alpha = EXTRASAMPLE_ASSOCALPHA})),
             {1, 1, {127, 177, 255}});
  ExpectSame(Decode(Encode(rgba.data(), 1, 1, {.samples = 4, .alpha = EXTRASAMPLE_UNSPECIFIED})),
             {1, 1, {0, 100, 255}});
}

TEST(Tiff, JpegInsideIsDecoded) {
  const Image image = Gradient(48, 32);
  ExpectClose(Decode(Encode(image, {.compression = COMPRESSION_JPEG})), image, 24);
  ExpectClose(Decode(Encode(image, {.photometric = PHOTOMETRIC_YCBCR, .compression = COMPRESSION_JPEG})), image, 24);
}

TEST(Tiff, EveryOrientationStandsUpright) {
  for (int orientation = 1; orientation <= 8; orientation++) {
    ExpectSame(Decode(Encode(Noise(11, 6), {.orientation = orientation})), Shown(Noise(11, 6), orientation));
    const Image palette =
        Decode(Encode(Noise(11, 6).rgb.data(), 11, 6, {.samples = 1, .photometric = PHOTOMETRIC_PALETTE}));
    ExpectSame(Decode(Encode(Noise(11, 6).rgb.data(), 11, 6,
                             {.samples = 1, .photometric = PHOTOMETRIC_PALETTE, .orientation = orientation})),
               Shown(palette, orientation));
  }
}

TEST(Tiff, EveryPrefixIsRefused) {
  ExpectEveryPrefixRefused(Encode(Noise(9, 7)));
  ExpectEveryPrefixRefused(Encode(Noise(9, 7), {.compression = COMPRESSION_LZW, .strip = 2}));
  ExpectEveryPrefixRefused(Encode(Noise(9, 7), {.compression = COMPRESSION_ADOBE_DEFLATE, .planes = true, .tile = 16}));
  ExpectEveryPrefixRefused(Encode(Noise(9, 7), {.mode = "w8"}));
  ExpectEveryPrefixRefused(
      Encode(Gradient(16, 16), {.photometric = PHOTOMETRIC_YCBCR, .compression = COMPRESSION_JPEG}));
  ExpectEveryPrefixRefused(Encode(Noise(9, 7).rgb.data(), 9, 7, {.samples = 1, .photometric = PHOTOMETRIC_PALETTE}));
}

TEST(Tiff, EveryBitFlipIsSurvived) {
  ExpectEveryBitFlipSurvived(Encode(Noise(4, 3), {.compression = COMPRESSION_LZW, .strip = 2}));
  ExpectEveryBitFlipSurvived(Encode(Noise(4, 3), {.planes = true, .tile = 16}));
  ExpectEveryBitFlipSurvived(
      Encode(Gradient(16, 16), {.photometric = PHOTOMETRIC_YCBCR, .compression = COMPRESSION_JPEG}));
}

/// A little-endian TIFF of nothing but a directory: tag, type (3: short, 4: long) and value of each entry.
Bytes Directory(const std::vector<std::array<uint32_t, 3>>& entries) {
  Bytes bytes = {'I', 'I', 42, 0, 8, 0, 0, 0, static_cast<uint8_t>(entries.size()), 0};
  const auto append = [&](uint32_t value, int count) {
    for (int i = 0; i < count; i++) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  for (const auto& [tag, type, value] : entries) {
    append(tag, 2);
    append(type, 2);
    append(1, 4);
    append(value, 4);
  }
  append(0, 4);
  return bytes;
}

TEST(Tiff, BombsAreRefusedWithTheFigures) {
  const auto grey = [](uint32_t width, uint32_t height, uint32_t compression) {
    return Directory({{256, 4, width},
                      {257, 4, height},
                      {258, 3, 8},
                      {259, 3, compression},
                      {262, 3, 1},
                      {273, 4, 8},
                      {277, 3, 1},
                      {278, 4, height},
                      {279, 4, 100}});
  };
  ExpectError(ErrorCode::kMemory, "60000x60000 pixels", [&] { Decode(grey(60000, 60000, 1)); });
  ExpectError(ErrorCode::kMemory, "1000000x1000000 pixels", [&] { Decode(grey(1000000, 1000000, 5)); });
  ExpectError(ErrorCode::kInput, "picture", [&] { Decode(grey(0xffffffff, 0xffffffff, 1)); });
  ExpectError(ErrorCode::kInput, "it is not compressed", [&] { Decode(grey(4000, 4000, 1)); });
  ExpectError(ErrorCode::kInput, "at most 1032 bytes into one", [&] { Decode(grey(4000, 4000, 8)); });
  ExpectError(ErrorCode::kInput, "PackBits", [&] { Decode(grey(4000, 4000, 32773)); });
  ExpectError(ErrorCode::kMemory, "more than the limit of 1000 pixels",
              [&] { Decode(grey(4000, 4000, 1), {.max_pixels = 1000}); });
  ExpectError(ErrorCode::kMemory, "1048576x1048576", [] {
    Decode(Directory({{256, 4, 16},
                      {257, 4, 16},
                      {258, 3, 8},
                      {259, 3, 50000},
                      {262, 3, 1},
                      {277, 3, 1},
                      {322, 4, 1 << 20},
                      {323, 4, 1 << 20},
                      {324, 4, 8},
                      {325, 4, 100}}));
  });
}

TEST(Tiff, RareFormsAreNamed) {
  const auto picture = [](uint32_t bits, uint32_t compression, uint32_t samples, uint32_t format) {
    return Directory({{256, 4, 2},
                      {257, 4, 2},
                      {258, 3, bits},
                      {259, 3, compression},
                      {262, 3, 1},
                      {273, 4, 8},
                      {277, 3, samples},
                      {278, 4, 2},
                      {279, 4, 100},
                      {339, 3, format}});
  };
  ExpectError(ErrorCode::kUnsupported, "floating-point samples", [&] { Decode(picture(32, 1, 1, 3)); });
  ExpectError(ErrorCode::kUnsupported, "signed samples", [&] { Decode(picture(16, 1, 1, 2)); });
  ExpectError(ErrorCode::kUnsupported, "compression 6", [&] { Decode(picture(8, 6, 1, 1)); });
  ExpectError(ErrorCode::kUnsupported, "9 bands", [&] { Decode(picture(8, 1, 9, 1)); });
  ExpectError(ErrorCode::kUnsupported, "5 bands", [&] { Decode(picture(8, 1, 5, 1)); });
  ExpectError(ErrorCode::kUnsupported, "TIFF", [&] { Decode(picture(32, 1, 1, 1)); });
}

Raster Bands(const Bytes& bytes, const ReadImageOptions& options = {}) {
  return DecodeRaster(bytes.data(), bytes.size(), "picture", options);
}

/// Noise of a type with all its bits.
template <typename T>
std::vector<T> NoiseOf(size_t count) {
  std::vector<T> samples;
  uint32_t state = 99;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    samples.push_back(static_cast<T>(std::is_floating_point_v<T> ? state >> 8 : state >> 16));
  }
  return samples;
}

template <typename T>
void ExpectBandsExact(int bands) {
  constexpr int kWidth = 33, kHeight = 21;
  const std::vector<T> samples = NoiseOf<T>(static_cast<size_t>(kWidth * kHeight * bands));
  for (const int compression : {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE})
    for (const bool planes : {false, true})
      for (const auto& [tile, strip] : {std::pair{0, 0}, {0, 7}, {16, 0}, {64, 0}})
        for (const char* mode : {"wl", "wb", "w8"}) {
          const Encoding encoding{.bits = 8 * static_cast<int>(sizeof(T)),
                                  .samples = bands,
                                  .photometric = PHOTOMETRIC_MINISBLACK,
                                  .compression = compression,
                                  .planes = planes,
                                  .tile = tile,
                                  .strip = strip,
                                  .mode = mode,
                                  .is_float = std::is_floating_point_v<T>};
          const Bytes file = Encode(reinterpret_cast<const uint8_t*>(samples.data()), kWidth, kHeight, encoding);
          ASSERT_EQ(Bands(file), Raster(kWidth, kHeight, bands, samples)) << bands << " bands, " << mode;
        }
}

TEST(TiffBands, AreExactWhateverTheLayout) {
  for (const int bands : {1, 2, 3, 4, 13, 64}) {
    ExpectBandsExact<uint8_t>(bands);
    ExpectBandsExact<uint16_t>(bands);
    ExpectBandsExact<float>(bands);
  }
}

TEST(TiffBands, AreChosenAsTheyAreRead) {
  const std::vector<float> samples = NoiseOf<float>(5 * 4 * 100);
  std::vector<float> chosen;
  for (size_t pixel = 0; pixel < 20; pixel++)
    for (const size_t band : {99u, 0u, 99u}) chosen.push_back(samples[pixel * 100 + band]);
  for (const bool planes : {false, true}) {
    const Bytes file =
        Encode(reinterpret_cast<const uint8_t*>(samples.data()), 5, 4,
               {.bits = 32, .samples = 100, .photometric = PHOTOMETRIC_MINISBLACK, .planes = planes, .is_float = true});
    EXPECT_EQ(Bands(file, {.bands = {100, 1, 100}}), Raster(5, 4, 3, chosen));
    ExpectError(ErrorCode::kUnsupported, "100 bands, more than 64", [&] { Bands(file); });
    ExpectError(ErrorCode::kInput, "band 101 is asked for", [&] { Bands(file, {.bands = {1, 101}}); });
    ExpectError(ErrorCode::kUnsupported, "floating-point", [&] { Decode(file); });
  }
}

TEST(TiffBands, OfNineToFifteenBitsKeepTheirValue) {
  // A directory of ten entries ends at byte 134; the samples stand behind it.
  Bytes file = Directory({{256, 4, 3},
                          {257, 4, 1},
                          {258, 3, 12},
                          {259, 3, 1},
                          {262, 3, 1},
                          {273, 4, 134},
                          {277, 3, 1},
                          {278, 4, 1},
                          {279, 4, 5},
                          {339, 3, 1}});
  ASSERT_EQ(file.size(), 134u);
  for (const uint8_t byte : {0x80, 0x10, 0x03, 0xff, 0xc0}) file.push_back(byte);
  EXPECT_EQ(Bands(file), Raster(3, 1, 1, std::vector<uint16_t>{0x801, 0x003, 0xffc}));
}

TEST(TiffBands, ColoursThatAreNoBandsAreConverted) {
  const Bytes grey = {0, 100, 255};
  EXPECT_EQ(Bands(Encode(grey.data(), 3, 1, {.samples = 1, .photometric = PHOTOMETRIC_PALETTE})),
            Raster(3, 1, 3, Bytes{0, 255, 0x55, 100, 155, 100 ^ 0x55, 255, 0, 0xaa}));
  EXPECT_EQ(Bands(Encode(grey.data(), 3, 1, {.samples = 1, .photometric = PHOTOMETRIC_PALETTE}), {.bands = {2}}),
            Raster(3, 1, 1, Bytes{255, 155, 0}));
}

TEST(TiffBands, StandUpright) {
  for (int orientation = 1; orientation <= 8; orientation++)
    EXPECT_EQ(Bands(Encode(Noise(11, 6), {.orientation = orientation})), Raster(Shown(Noise(11, 6), orientation)));
}

TEST(TiffBands, FloatsAreNumbers) {
  std::vector<float> samples(2 * 3 * 2, 1);
  samples[9] = std::numeric_limits<float>::infinity();
  const auto file = [&] {
    return Encode(reinterpret_cast<const uint8_t*>(samples.data()), 2, 3,
                  {.bits = 32, .samples = 2, .photometric = PHOTOMETRIC_MINISBLACK, .is_float = true});
  };
  ExpectError(ErrorCode::kInput, "inf in band 2 at pixel (0, 2)", [&] { Bands(file()); });
  EXPECT_EQ(Bands(file(), {.bands = {1}}).Of<float>(), std::vector<float>(6, 1));
  samples[9] = std::numeric_limits<float>::quiet_NaN();
  ExpectError(ErrorCode::kInput, "nan in band 2", [&] { Bands(file()); });
}

TEST(TiffBands, RareFormsAreNamedAndBombsRefused) {
  const auto picture = [](uint32_t bits, uint32_t samples, uint32_t format, uint32_t side = 2) {
    return Directory({{256, 4, side},
                      {257, 4, side},
                      {258, 3, bits},
                      {259, 3, 50000},
                      {262, 3, 1},
                      {273, 4, 8},
                      {277, 3, samples},
                      {278, 4, side},
                      {279, 4, 100},
                      {339, 3, format}});
  };
  ExpectError(ErrorCode::kUnsupported, "floating-point samples of 64 bits", [&] { Bands(picture(64, 1, 3)); });
  ExpectError(ErrorCode::kUnsupported, "integer samples of 32 bits", [&] { Bands(picture(32, 1, 1)); });
  ExpectError(ErrorCode::kUnsupported, "signed samples of 16 bits", [&] { Bands(picture(16, 1, 2)); });
  ExpectError(ErrorCode::kMemory, "64 bands", [&] { Bands(picture(32, 64, 3, 4000)); });
}

TEST(TiffBands, EveryPrefixIsRefusedAndEveryBitFlipSurvived) {
  const std::vector<float> samples = NoiseOf<float>(4 * 3 * 2);
  Bytes file = Encode(reinterpret_cast<const uint8_t*>(samples.data()), 4, 3,
                      {.bits = 32,
                       .samples = 2,
                       .photometric = PHOTOMETRIC_MINISBLACK,
                       .compression = COMPRESSION_LZW,
                       .strip = 2,
                       .is_float = true});
  for (size_t length = 0; length < file.size(); length++) {
    const Bytes prefix(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length));
    ExpectError(ErrorCode::kInput, "picture", [&] { Bands(prefix); });
  }
  for (size_t bit = 0; bit < file.size() * 8; bit++) {
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    try {
      Bands(file, {.max_pixels = 1 << 20});
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
    file[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
}

}  // namespace
}  // namespace fcn::test
