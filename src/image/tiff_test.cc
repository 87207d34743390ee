#include <tiffio.h>

#include <cstring>
#include <utility>

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

}  // namespace
}  // namespace fcn::test
