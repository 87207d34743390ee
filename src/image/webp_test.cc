#include <webp/encode.h>

#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

Bytes Take(uint8_t* out, size_t size) {
  Bytes bytes(out, out + size);
  WebPFree(out);
  return bytes;
}

Bytes Lossless(const Image& image) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeLosslessRGB(image.rgb.data(), image.width, image.height, image.width * 3, &out);
  return Take(out, size);
}

Bytes Lossy(const Image& image) {
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeRGB(image.rgb.data(), image.width, image.height, image.width * 3, 95, &out);
  return Take(out, size);
}

void Append(Bytes& bytes, const char* tag, const Bytes& payload) {
  bytes.insert(bytes.end(), tag, tag + 4);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(payload.size() >> shift));
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  if (payload.size() % 2) bytes.push_back(0);
}

/// The container's extended form (RFC 9649): VP8X with the flag for EXIF, the picture, EXIF.
Bytes WithExif(const Bytes& simple, int width, int height, const Bytes& exif) {
  Bytes chunks = {'W', 'E', 'B', 'P'};
  const auto w = static_cast<uint32_t>(width - 1), h = static_cast<uint32_t>(height - 1);
  Append(chunks, "VP8X",
         {8, 0, 0, 0, static_cast<uint8_t>(w), static_cast<uint8_t>(w >> 8), 0, static_cast<uint8_t>(h),
          static_cast<uint8_t>(h >> 8), 0});
  chunks.insert(chunks.end(), simple.begin() + 12, simple.end());
  Append(chunks, "EXIF", exif);
  Bytes bytes;
  Append(bytes, "RIFF", chunks);
  return bytes;
}

void Append24(Bytes& bytes, int value) {
  for (int shift = 0; shift < 24; shift += 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

/// An animation of lossless pictures, each at (2, 0) of a canvas of that size.
Bytes Animation(const std::vector<Image>& frames, int width, int height) {
  Bytes chunks = {'W', 'E', 'B', 'P'}, header = {0x12, 0, 0, 0};  // animation, alpha
  Append24(header, width - 1);
  Append24(header, height - 1);
  Append(chunks, "VP8X", header);
  Append(chunks, "ANIM", {0, 0, 0, 0, 0, 0});
  for (const Image& image : frames) {
    Bytes frame;
    for (const int value : {1, 0, image.width - 1, image.height - 1, 100}) Append24(frame, value);
    frame.push_back(0);
    const Bytes simple = Lossless(image);
    frame.insert(frame.end(), simple.begin() + 12, simple.end());
    Append(chunks, "ANMF", frame);
  }
  Bytes bytes;
  Append(bytes, "RIFF", chunks);
  return bytes;
}

TEST(Webp, TheFirstFrameOfAnAnimationIsReadWithANote) {
  const Bytes bytes = Animation({Noise(4, 2), Gradient(4, 2)}, 6, 2);
  std::vector<ImageNote> notes;
  const Image image = DecodeImage(bytes.data(), bytes.size(), "picture", {}, &notes);
  ASSERT_EQ(image.width, 6);
  ASSERT_EQ(image.height, 2);
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 6; x++)
      for (int c = 0; c < 3; c++)
        EXPECT_EQ(image.rgb[ByteAt(image, x, y, c)], x < 2 ? 255 : Noise(4, 2).rgb[ByteAt(Noise(4, 2), x - 2, y, c)]);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0].kind, "pages");
  EXPECT_EQ(notes[1].kind, "transparency");
  ExpectError(ErrorCode::kUnsupported, "reads the first, not frame 2", [&] { Decode(bytes, {.page = 2}); });
  ExpectEveryPrefixRefused(bytes);
  ExpectEveryBitFlipSurvived(bytes);
}

TEST(Webp, LosslessIsExactAtAnySize) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 13}, {31, 1}, {45, 27}})
    ExpectSame(Decode(Lossless(Noise(width, height))), Noise(width, height));
}

TEST(Webp, LossyIsClose) {
  for (const auto& [width, height] : {std::pair{1, 1}, {16, 16}, {101, 67}})
    ExpectClose(Decode(Lossy(Gradient(width, height))), Gradient(width, height), 24);
}

TEST(Webp, TransparencyIsLaidOverWhite) {
  const uint8_t rgba[] = {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 255, 128};
  uint8_t* out = nullptr;
  WebPConfig config;
  WebPPicture picture;
  ASSERT_TRUE(WebPConfigInit(&config) && WebPPictureInit(&picture) && WebPConfigLosslessPreset(&config, 6));
  config.exact = 1;  // keeps colours under full transparency
  picture.use_argb = 1;
  picture.width = 3;
  picture.height = 1;
  ASSERT_TRUE(WebPPictureImportRGBA(&picture, rgba, 12));
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  ASSERT_TRUE(WebPEncode(&config, &picture));
  WebPPictureFree(&picture);
  out = writer.mem;
  ExpectSame(Decode(Take(out, writer.size)), {3, 1, {10, 20, 30, 255, 255, 255, 127, 177, 255}});
}

TEST(Webp, OrientationOfTheExifChunkCounts) {
  const Image image = Noise(11, 6);
  for (int orientation = 1; orientation <= 8; orientation++)
    ExpectSame(Decode(WithExif(Lossless(image), 11, 6, Exif(orientation))), Shown(image, orientation));
}

TEST(Webp, EveryPrefixIsRefused) {
  ExpectEveryPrefixRefused(Lossless(Noise(9, 7)));
  ExpectEveryPrefixRefused(Lossy(Gradient(33, 21)));
  ExpectEveryPrefixRefused(WithExif(Lossless(Noise(9, 7)), 9, 7, Exif(3)));
}

TEST(Webp, EveryBitFlipIsSurvived) {
  ExpectEveryBitFlipSurvived(WithExif(Lossless(Noise(5, 4)), 5, 4, Exif(3)));
  ExpectEveryBitFlipSurvived(Lossy(Gradient(16, 16)));
}

TEST(Webp, BombsAreRefusedWithTheFigures) {
  Bytes bytes = Lossless({1, 1, {1, 2, 3}});
  ASSERT_EQ(bytes[20], 0x2f);  // the signature of a lossless picture; 14 bits of width − 1 and of height − 1 follow
  bytes[21] = bytes[22] = bytes[23] = 0xff;
  bytes[24] |= 0x0f;
  ExpectError(ErrorCode::kMemory, "16384x16384 pixels (805 MB as RGB) in a file of", [&] { Decode(bytes); });
  ExpectError(ErrorCode::kMemory, "more than the limit of 1000 pixels", [&] { Decode(bytes, {.max_pixels = 1000}); });
}

}  // namespace
}  // namespace fcn::test
